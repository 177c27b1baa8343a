"""Time and output are limits of the whole task, whatever the number of its commands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, BinaryIO

import pytest
import trio
from trio.testing import MockClock

from chorus_hooks.sandbox import Box, BoxSpec, Exit
from chorus_hooks.task import Limits, TaskDocument
from tests.unit.executor.fakes import Bench, FakeBox, FakeSandbox, Files


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "trio", {"clock": MockClock(autojump_threshold=0)}


async def test_time_and_output_are_one_budget_for_all_commands(bench: Bench) -> None:
    async def slow(files: Files) -> Exit:
        await trio.sleep(60)
        return Exit("exited", 0, 1000)

    bench.programs(slow=slow)
    limits = Limits(timeout_s=100, output="10k")
    result = await bench.execute(TaskDocument(commands=("slow", "slow", "slow"), limits=limits))
    first, second = bench.sandbox.boxes[0].commands
    assert (first.timeout_s, first.max_output) == (100, 10240)
    assert (second.timeout_s, second.max_output) == (40, 9240)
    assert (result.reason, result.exit_code) == ("timeout", None)
    assert result.detail == "time limit of 100 s reached; raise it with --timeout"


async def test_opening_that_hangs_is_given_up_with_a_reason(bench: Bench) -> None:
    class Hung(FakeSandbox):
        @asynccontextmanager
        async def open(self, spec: BoxSpec) -> AsyncIterator[Box]:
            await trio.sleep_forever()
            yield FakeBox({})

    bench.sandbox = Hung()
    result = await bench.execute(TaskDocument(commands=("x",)))
    assert (result.reason, result.detail) == (
        "sandbox_unavailable",
        "fake did not open a sandbox within 900 s",
    )


async def test_collecting_that_hangs_is_given_up_with_a_reason(bench: Bench) -> None:
    class Hung(FakeBox):
        async def collect(self, into: BinaryIO, *, max_bytes: int) -> bool:
            await trio.sleep_forever()
            return True

    async def succeed(files: Files) -> int:
        return 0

    bench.sandbox.box = Hung
    bench.programs(succeed=succeed)
    result = await bench.execute(TaskDocument(commands=("succeed",)))
    assert (result.reason, result.detail) == ("sandbox_lost", "what the task left was not collected in time")


async def test_running_does_not_count_as_opening(bench: Bench) -> None:
    async def slow(files: Files) -> int:
        await trio.sleep(5000)
        return 0

    bench.programs(slow=slow)
    result = await bench.execute(TaskDocument(commands=("slow",), limits=Limits(timeout_s=6000)))
    assert (result.reason, result.exit_code, result.usage.wall_s) == ("exited", 0, 5000)
