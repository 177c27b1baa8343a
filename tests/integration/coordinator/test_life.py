"""A task's way through the coordinator, on the real journal."""

from pathlib import Path

import pytest

from chorus_hooks.coordinator import TaskOutput, TaskPhase
from chorus_hooks.task import Task
from tests.integration.coordinator.node import Boots, Running, node, shell


@pytest.fixture
def boots() -> Boots:
    return Boots()


async def _facts(running: Running) -> list[str]:
    rows = await running.journal.read(lambda db: db.query("SELECT body FROM entry ORDER BY seq"))
    return [str(row[0]) for row in rows]


async def test_a_task_is_submitted_run_and_committed(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as running:
        receipt = await running.coordinator.submit(shell())
        assert receipt.state == "assigned"
        assert receipt.attempt == 1
        ended = await running.end(receipt.id)
    assert ended.state == "succeeded"
    assert ended.result is not None
    assert ended.result.exit_code == 0
    assert ended.result.worker == running.identity.peer_id
    assert ended.result.output is not None
    assert [task.state for task in running.heard.tasks] == ["waiting", "assigned", "succeeded"]


async def test_following_gives_phases_output_and_the_end(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as running:
        receipt = await running.coordinator.submit(shell())
        events = [event async for event in running.coordinator.follow(receipt.id)]
    assert [event for event in events if isinstance(event, TaskPhase)] == [TaskPhase("running", "1 command")]
    assert [event.data for event in events if isinstance(event, TaskOutput)] == [b"hello\n"]
    assert isinstance(events[-1], Task)
