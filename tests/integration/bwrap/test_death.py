"""When the process that opened a sandbox dies, at any moment, nothing of the sandbox is left."""

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

from tests.integration.bwrap.traces import gone, living

pytestmark = pytest.mark.bwrap

DRIVER = Path(__file__).with_name("driver.py")

FAILPOINTS = (
    "sandbox.start.before",
    "sandbox.start.after",
    "sandbox.put",
    "sandbox.exec",
    "sandbox.collect",
    "sandbox.close",
)


def assert_empty(directory: Path) -> None:
    assert list(directory.iterdir()) == []


class Driver:
    def __init__(self, process: trio.Process, mark: str) -> None:
        self.process = process
        self.mark = mark
        self._said = ""

    async def says(self, word: str) -> None:
        assert self.process.stdout is not None
        with trio.fail_after(30):
            while word not in self._said.split():
                piece = await self.process.stdout.receive_some(4096)
                assert piece, f"the driver ended before it said {word}: {self._said}"
                self._said += piece.decode()

    async def killed(self) -> None:
        with trio.fail_after(30):
            assert await self.process.wait() == -signal.SIGKILL


@asynccontextmanager
async def driver(tmp_path: Path, *args: str, failpoint: str = "") -> AsyncIterator[Driver]:
    mark = f"mark-{uuid.uuid4().hex}"
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    if failpoint:
        env["CHORUS_FAILPOINT"] = failpoint
    argv = [sys.executable, str(DRIVER), mark, *args]
    process = await trio.lowlevel.open_process(argv, env=env, stdout=subprocess.PIPE)
    try:
        yield Driver(process, mark)
    finally:
        with trio.CancelScope(shield=True):
            process.kill()
            await process.wait()
            assert process.stdout is not None
            await process.stdout.aclose()


# The probe opens a sandbox first, so the places of a sandbox's life are reached there once.
@pytest.mark.parametrize("place", [f"{name}:{n}" for name in FAILPOINTS for n in (1, 2)])
async def test_killed_at_a_failpoint_it_leaves_nothing(tmp_path: Path, place: str) -> None:
    if place in ("sandbox.put:2", "sandbox.collect:2"):
        place = place[:-2]  # the probe does neither
    async with driver(tmp_path, failpoint=place) as running:
        await running.killed()
        await gone(running.mark)
    assert_empty(tmp_path)


@pytest.mark.parametrize("word", ["opening", "opened", "filled", "ran", "running"])
async def test_killed_from_outside_it_leaves_nothing(tmp_path: Path, word: str) -> None:
    async with driver(tmp_path, "120", "stay") as running:
        await running.says(word)
        os.kill(running.process.pid, signal.SIGKILL)
        await running.killed()
        await gone(running.mark)
    assert_empty(tmp_path)


@pytest.mark.slow
async def test_killed_at_any_moment_it_leaves_nothing(tmp_path: Path) -> None:
    chance = random.Random(2)
    for _ in range(10):
        async with driver(tmp_path, "120", "stay") as running:
            await running.says("opening")
            await trio.sleep(chance.random() * 0.12)  # the moment is the point
            os.kill(running.process.pid, signal.SIGKILL)
            await running.killed()
            await gone(running.mark)
    assert_empty(tmp_path)


async def test_a_hung_process_loses_its_sandbox_at_the_time_to_live(tmp_path: Path) -> None:
    async with driver(tmp_path, "2") as running:
        await running.says("running")
        os.kill(running.process.pid, signal.SIGSTOP)
        with trio.fail_after(15):
            while len(living(running.mark)) > 1:  # noqa: ASYNC110 - a process sends no event
                await trio.sleep(0.02)
        assert str(DRIVER) in living(running.mark)[0]
