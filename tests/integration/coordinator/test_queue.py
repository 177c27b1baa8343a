"""Tasks that nobody waits for: a node takes them, by priority and age, as many as it has slots."""

from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
import trio

from chorus_hooks.coordinator import Change
from chorus_hooks.errors import Busy, Conflict, NotFound, UsageError
from chorus_hooks.executor import Assignment, Report
from chorus_hooks.output import STDOUT
from chorus_hooks.task import Result, Task
from tests.integration.coordinator.node import Boots, Running, node, shell


@pytest.fixture
def boots() -> Boots:
    return Boots()


class Gate:
    """Tasks that print, and then wait until they are let through."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.open = trio.Event()

    async def __call__(self, work: Assignment, report: Report) -> Result:
        self.order.append(work.document.title)
        await report.output(STDOUT, b"begun\n")
        await self.open.wait()
        return Result(reason="exited", exit_code=0)


async def submit(running: Running, title: str = "", **fields: Any) -> Task:
    return await running.coordinator.submit(shell(title=title, **fields), attended=False)


async def test_a_node_takes_what_nobody_waits_for_and_another_process_does_not(
    tmp_path: Path, boots: Boots
) -> None:
    async with node(tmp_path, boots) as command:
        task = await submit(command)
        assert (task.state, task.waiting_for) == ("waiting", "capacity")
        own = await command.end((await command.coordinator.submit(shell())).id)
        assert own.state == "succeeded"
        assert (await command.coordinator.get(task.id)).state == "waiting"
        async with node(tmp_path, boots, serving=True) as serving:
            assert (await serving.end(task.id)).state == "succeeded"
    assert [name for name, _ in command.executor.started] == [own.id]


async def test_a_task_that_another_process_committed_is_noticed(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots, serving=True) as serving, node(tmp_path, boots) as command:
        task = await submit(command)
        with trio.fail_after(5):
            assert (await serving.end(task.id)).state == "succeeded"


async def test_a_command_runs_its_own_task_beside_a_node(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots, serving=True) as serving, node(tmp_path, boots) as command:
        await command.end((await command.coordinator.submit(shell())).id)
    assert serving.executor.started == []


async def test_the_higher_priority_goes_first_then_the_older(tmp_path: Path, boots: Boots) -> None:
    gate = Gate()
    async with node(tmp_path, boots, gate, slots=1, serving=True) as running:
        tasks = [await submit(running, "first")]
        for title, priority in (("c", 0), ("a", 5), ("d", -3), ("b", 5)):
            tasks.append(await submit(running, title, priority=priority))
        gate.open.set()
        for task in tasks:
            await running.end(task.id)
    assert gate.order == ["first", "a", "b", "c", "d"]


async def test_slots_change_while_it_runs(tmp_path: Path, boots: Boots) -> None:
    gate = Gate()
    async with node(tmp_path, boots, gate, slots=1, serving=True) as running:
        await submit(running, "1")
        await submit(running, "2")
        running.numbers["slots"] = 2
        with trio.fail_after(5):
            while len(gate.order) < 2:  # noqa: ASYNC110 - the executor is the test's own
                await trio.sleep(0.01)


async def test_a_full_queue_is_busy_and_forgets_what_it_refused(tmp_path: Path, boots: Boots) -> None:
    gate = Gate()
    async with node(tmp_path, boots, gate, slots=1, max_queued=2, serving=True) as running:
        tasks = [await submit(running, str(n), idempotency_key=str(n)) for n in range(3)]
        with pytest.raises(Busy, match="2 tasks wait already") as busy:
            await submit(running, "3", idempotency_key="3")
        assert busy.value.retry_after > 0
        again = await submit(running, "2", idempotency_key="2")
        assert again.id == tasks[2].id, "a known key gives its receipt however long the queue is"
        assert len((await running.coordinator.list()).tasks) == 3
        assert (await running.coordinator.counts())["waiting"] == 2
        attended = await running.coordinator.submit(shell("attended"))
        gate.open.set()
        for task in (*tasks, attended):
            await running.end(task.id)
        await running.end((await submit(running, "3", idempotency_key="3")).id)


async def test_only_a_task_that_is_waited_for_has_stdin(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as running:
        with (tmp_path / "stdin").open("w+b") as stdin, pytest.raises(UsageError, match="stdin"):
            await running.coordinator.submit(shell(), attended=False, stdin=stdin)


async def test_counts_name_every_state_and_tell_running_ones(tmp_path: Path, boots: Boots) -> None:
    gate = Gate()
    async with node(tmp_path, boots, gate, slots=1, serving=True) as running:
        first = await submit(running, "1")
        await submit(running, "2")
        with trio.fail_after(5):
            async with aclosing(running.coordinator.follow(first.id)) as events:
                async for _ in events:
                    break
        counts = await running.coordinator.counts()
        assert len(counts) == 8
        assert {state: n for state, n in counts.items() if n} == {"running": 1, "waiting": 1}
        running_tasks = (await running.coordinator.list(state="running")).tasks
        assert [task.id for task in running_tasks] == [first.id]
        assert (await running.coordinator.list(state="assigned")).tasks == ()


async def test_changes_are_told_in_order_and_as_they_come(tmp_path: Path, boots: Boots) -> None:
    told: list[Change] = []
    async with node(tmp_path, boots, serving=True) as running, node(tmp_path, boots) as other:
        with trio.fail_after(10):
            async with aclosing(running.coordinator.changes()) as changes:
                await submit(running, project="p")
                async for change in changes:
                    told.append(change)
                    if len(told) == 3:
                        await submit(other, project="q")
                    if len(told) == 6:
                        break
        again = [change async for change in other.coordinator.changes(after=2, wait=False)]
    assert [(c.n, c.kind, c.state, c.project) for c in told] == [
        (1, "submit", "waiting", "p"),
        (2, "assign", "assigned", "p"),
        (3, "result", "succeeded", "p"),
        (4, "submit", "waiting", "q"),
        (5, "assign", "assigned", "q"),
        (6, "result", "succeeded", "q"),
    ]
    assert again == told[2:]


async def test_an_ended_task_is_retried_as_a_new_one(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots, serving=True) as running:
        retry = running.coordinator.retry
        first = await running.end((await submit(running, "t", idempotency_key="k")).id)
        again = await retry(first.id, idempotency_key="r")
        assert again.id != first.id
        assert (again.retry_of, again.document.title) == (first.id, "t")
        assert (await retry(first.id[:12], idempotency_key="r")).id == again.id
        other = await retry(first.id)
        assert len({first.id, again.id, other.id}) == 3
        with pytest.raises(Conflict, match="another submission"):
            await retry(first.id, idempotency_key="k")
        with pytest.raises(Conflict, match="another submission"):
            await submit(running, "t", idempotency_key="r")
        with pytest.raises(NotFound):
            await retry("f" * 32)
        with pytest.raises(UsageError, match="idempotency_key"):
            await retry(first.id, idempotency_key="")
        for task in (again, other):
            assert (await running.end(task.id)).retry_of == first.id


async def test_what_has_not_ended_is_not_retried(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as running:
        task = await submit(running)
        with pytest.raises(Conflict, match="has not ended"):
            await running.coordinator.retry(task.id)
        assert len((await running.coordinator.list()).tasks) == 1
