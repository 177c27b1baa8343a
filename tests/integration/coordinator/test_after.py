"""Tasks that wait for other tasks, at a node and by the real program."""

import json
from pathlib import Path
from typing import Any

import pytest
import trio

from chorus_coordinator.control import task_id
from chorus_coordinator.store import replay
from chorus_hooks.coordinator import TaskPhase
from chorus_hooks.errors import NotFound, UsageError
from chorus_hooks.executor import Assignment, Report
from chorus_hooks.task import Result, Task, TaskDocument
from tests.integration.coordinator.node import Boots, Running, node, shell
from tests.integration.coordinator.program import Program


@pytest.fixture
def boots() -> Boots:
    return Boots()


class Door:
    """Tasks that wait until they are let through; those that are called `bad` then fail."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.open = trio.Event()

    async def __call__(self, work: Assignment, report: Report) -> Result:
        self.order.append(work.document.title)
        await self.open.wait()
        return Result(reason="exited", exit_code=1 if work.document.title == "bad" else 0)


async def submit(running: Running, title: str, *after: Task, **fields: Any) -> Task:
    document = shell(title=title, depends_on=tuple(task.id for task in after), **fields)
    return await running.coordinator.submit(document, attended=False)


async def test_a_task_begins_when_all_before_it_have_succeeded(tmp_path: Path, boots: Boots) -> None:
    door = Door()
    async with node(tmp_path, boots, door, serving=True) as running:
        first = await submit(running, "first")
        second = await submit(running, "second")
        last = await submit(running, "last", first, second, priority=9)
        assert (last.state, last.waiting_for) == ("waiting", "dependency")
        door.open.set()
        with trio.fail_after(10):
            assert (await running.end(last.id)).state == "succeeded"
        assert door.order == ["first", "second", "last"]
        states = [task.waiting_for for task in running.heard.tasks if task.id == last.id]
        assert states[:2] == ["dependency", "capacity"]
        again = await running.coordinator.retry(last.id)
        assert again.document.depends_on == (first.id, second.id)
        assert set(await running.journal.read(replay)) == {first.id, second.id, last.id, again.id}


async def test_a_failure_ends_what_comes_after_it_and_says_which(tmp_path: Path, boots: Boots) -> None:
    door = Door()
    door.open.set()
    async with node(tmp_path, boots, door, serving=True) as running:
        bad = await submit(running, "bad")
        after = await submit(running, "after", bad)
        last = await submit(running, "last", after)
        with trio.fail_after(10):
            ended = await running.end(last.id)
        assert ended.result is not None
        assert (ended.state, ended.result.reason) == ("failed", "dependency_failed")
        assert after.id[:12] in ended.result.detail
        assert door.order == ["bad"]


async def test_who_waits_for_others_leaves_the_queue_to_the_rest(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as elsewhere:
        never = await submit(elsewhere, "never")
        for number in range(20):
            await submit(elsewhere, f"waits {number}", never, priority=5)
        async with node(tmp_path, boots, serving=True, slots=1) as running:
            with trio.fail_after(10):
                assert (await running.end((await submit(running, "now")).id)).state == "succeeded"


async def test_what_is_not_there_is_refused_and_leaves_nothing(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as running:
        nobody = Task(id="0" * 32, document=TaskDocument(), state="waiting")
        with pytest.raises(NotFound, match="depends on 000000000000, and there is no such task"):
            await submit(running, "x", nobody)
        itself = Task(id=task_id("default", "k"), document=TaskDocument(), state="waiting")
        with pytest.raises(UsageError, match="depends on itself"):
            await submit(running, "x", itself, idempotency_key="k")
        assert not (await running.coordinator.list()).tasks
        first = await submit(running, "first", idempotency_key="k")
        await running.coordinator.cancel(first.id)
        with pytest.raises(UsageError, match="twice"):
            await submit(running, "x", first, first)
        assert (await submit(running, "first", idempotency_key="k")).id == itself.id, "the first receipt"
        assert len((await running.coordinator.list()).tasks) == 1


async def test_a_run_that_waits_says_so_and_dies_with_its_process(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as running:
        never = await submit(running, "never")
        document = shell(depends_on=(never.id,))
        waiting = await running.coordinator.submit(document)
        events = [event async for event in running.coordinator.follow(waiting.id, wait=False)]
        assert TaskPhase("waiting", "for the tasks that it depends on") in events
    async with node(tmp_path, boots) as running:
        ended = await running.coordinator.get(waiting.id)
        assert ended.state == "cancelled"


@pytest.mark.bwrap
def test_after_names_the_tasks_before_by_their_short_ids(tmp_path: Path) -> None:
    chorus = Program(tmp_path / "state")
    first = json.loads(chorus.run("run", "--json", "--", "true").stdout)
    second = json.loads(chorus.run("run", "--json", "--after", first["id"][:8], "--", "true").stdout)
    assert (second["state"], second["depends_on"]) == ("succeeded", [first["id"]])
    bad = json.loads(chorus.run("run", "--json", "--", "false").stdout)
    refused = chorus.run("run", "--after", bad["id"], "--", "true")
    assert refused.returncode == 125
    assert b"not run, since a task before it did not succeed: it depends on" in refused.stderr
    missing = chorus.run("run", "--after", "abcdef", "--", "true")
    assert missing.returncode == 125
    assert b"there is no task abcdef" in missing.stderr
    chorus.assert_tidy()
