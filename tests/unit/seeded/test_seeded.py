"""One seed is one history, in any process; and what would spoil that is refused."""

import os
import random
import secrets
import subprocess
import sys
import threading
import time

import pytest
import trio

from chorus.testing.seeded import run_seeded

PROGRAM = """
import hashlib, os, random, sys
import trio
from chorus.testing.memory import Conditions, open_network
from chorus.testing.seeded import run_seeded

junk = [bytearray(hash(str(i)) % 5000) for i in range(500)]  # another layout of memory in each process
history = []

async def wake_together(name, gate):
    for _ in range(3):
        await trio.sleep(1)
        history.append(name)
        junk.append(bytearray(hash(name) % 3000))
    await gate.wait()
    history.append(name)

async def main(seed):
    gate = trio.Event()
    conditions = Conditions(delay=0.01, jitter=0.05, loss=0.1, duplicate=0.1)
    async with (
        open_network(random.Random(seed), conditions=conditions) as network,
        trio.open_nursery() as nursery,
    ):
        for number in range(30):
            nursery.start_soon(wake_together, f"task {number}", gate)
        one, other = network.mesh("one"), network.mesh("other")
        await one.dial(other.addresses[0])
        async with other.topics.subscribe("news") as news:
            for number in range(50):
                await one.topics.publish("news", os.urandom(4))
            with trio.move_on_after(5):
                async for message in news:
                    history.append(message.data.hex())
        gate.set()

run_seeded(int(sys.argv[1]), main, int(sys.argv[1]))
print(len(history), hashlib.sha256(repr(history).encode()).hexdigest())
"""


def history(seed: int, hash_seed: int) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    command = [sys.executable, "-c", PROGRAM, str(seed)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
def test_one_seed_is_one_history_in_every_process_and_another_seed_another_one() -> None:
    first = history(1, hash_seed=1)
    assert first.startswith("1")
    assert [history(1, hash_seed=number) for number in (2, 3)] == [first, first]
    assert history(2, hash_seed=1) != first


def test_waiting_takes_no_time() -> None:
    async def wait() -> float:
        await trio.sleep(3600)
        return trio.current_time()

    began = time.monotonic()
    assert run_seeded(1, wait) == 3600
    assert time.monotonic() - began < 60


def test_entropy_of_the_system_is_decided_too() -> None:
    async def draw() -> list[object]:
        return [os.urandom(8), secrets.token_hex(8), random.SystemRandom().random()]

    assert run_seeded(1, draw) == run_seeded(1, draw) != run_seeded(2, draw)


def test_work_for_a_thread_is_done_in_the_caller_s_turn() -> None:
    async def ask() -> threading.Thread:
        return await trio.to_thread.run_sync(threading.current_thread)

    assert run_seeded(1, ask) is threading.current_thread()


def test_a_thread_is_refused() -> None:
    async def start() -> None:
        threading.Thread(target=print, name="racer").start()

    with pytest.raises(RuntimeError, match="racer: a thread would run when it likes"):
        run_seeded(1, start)


def test_everything_is_as_before_when_it_is_over() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_seeded(1, fail)
    assert len(dict.fromkeys(os.urandom(8) for _ in range(4))) == 4
    started = threading.Event()
    threading.Thread(target=started.set).start()
    assert started.wait(10)
