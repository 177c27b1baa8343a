"""When the process that opened a container dies, at any moment, no container is left."""

import os
import random
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from chorus_docker.sandbox import DockerSandbox
from tests.integration.docker.conftest import HOST
from tests.integration.docker.containers import gone, listed

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("engine")]

DRIVER = Path(__file__).with_name("driver.py")


class Driver:
    def __init__(self, process: trio.Process, mark: str) -> None:
        self.process = process
        self.mark = mark
        self.label = f"chorus.mark={mark}"
        self._said = ""

    async def says(self, word: str) -> None:
        assert self.process.stdout is not None
        with trio.fail_after(60):
            while word not in self._said.split():
                piece = await self.process.stdout.receive_some(4096)
                assert piece, f"the driver ended before it said {word}: {self._said}"
                self._said += piece.decode()

    async def killed(self) -> None:
        with trio.fail_after(60):
            assert await self.process.wait() == -signal.SIGKILL


@asynccontextmanager
async def driver(*stay: str, ttl_s: float = 120, failpoint: str = "") -> AsyncIterator[Driver]:
    mark = uuid.uuid4().hex
    env = {**os.environ, "CHORUS_FAILPOINT": failpoint}
    argv = [sys.executable, str(DRIVER), mark, str(ttl_s), *stay]
    process = await trio.lowlevel.open_process(argv, env=env, stdout=subprocess.PIPE)
    try:
        yield Driver(process, mark)
    finally:
        with trio.CancelScope(shield=True):
            process.kill()
            await process.wait()
            assert process.stdout is not None
            await process.stdout.aclose()


@pytest.mark.parametrize("place", ["start.before", "start.after", "put", "exec", "collect", "close"])
async def test_killed_at_a_failpoint_it_leaves_nothing(place: str) -> None:
    async with driver(failpoint=f"sandbox.{place}") as running:
        await running.killed()
        await gone(running.label)


@pytest.mark.parametrize("word", ["opened", "filled", "ran", "output"])
async def test_killed_from_outside_it_leaves_nothing(word: str) -> None:
    async with driver("stay") as running:
        await running.says(word)
        os.kill(running.process.pid, signal.SIGKILL)
        await running.killed()
        await gone(running.label)


@pytest.mark.slow
async def test_killed_while_it_opens_it_leaves_at_most_what_the_next_start_removes() -> None:
    """Between the engine's `create` and the lifeline there is nothing yet that could notice our death."""
    chance = random.Random(2)
    for _ in range(10):
        async with driver("stay") as running:
            await running.says("opening")
            await trio.sleep(chance.random() * 0.2)  # the moment is the point
            os.kill(running.process.pid, signal.SIGKILL)
            await running.killed()
            with trio.fail_after(15):
                while await listed(running.label):
                    await DockerSandbox(HOST, owner="driver").reap(running.mark.__ne__)


async def test_a_hung_process_loses_its_container_at_the_time_to_live() -> None:
    async with driver("stay", ttl_s=3) as running:
        await running.says("output")
        os.kill(running.process.pid, signal.SIGSTOP)
        await gone(running.label)
