"""Time and output are limits of the whole task, whatever the number of its commands."""

from typing import Any

import pytest
import trio
from trio.testing import MockClock

from chorus_hooks.sandbox import Exit
from chorus_hooks.task import Limits, TaskDocument
from tests.unit.executor.fakes import Bench, Files


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
