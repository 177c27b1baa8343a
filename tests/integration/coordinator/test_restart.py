"""A task that nobody waits for outlives the node that runs it: its attempt is lost, and begun again."""

from contextlib import aclosing
from pathlib import Path

import pytest
import trio

from chorus_coordinator.clock import stamp
from chorus_coordinator.control import Assign, Lost
from chorus_coordinator.rules import MOST_LOSSES, Record
from chorus_coordinator.store import replay
from chorus_hooks.coordinator import TaskOutput
from chorus_hooks.executor import Assignment, Report
from chorus_hooks.output import STDOUT, frame
from chorus_hooks.task import Result, Task
from tests.integration.coordinator.node import Boots, Running, node, shell
from tests.integration.coordinator.test_recovery import DEAD, leave, opened


@pytest.fixture
def boots() -> Boots:
    return Boots()


async def speak_each_time(work: Assignment, report: Report) -> Result:
    """The first attempt never ends."""
    await report.output(STDOUT, b"attempt %d\n" % work.attempt)
    if work.attempt == 1:
        await trio.sleep_forever()
    return Result(reason="exited", exit_code=0)


async def begin(running: Running) -> Task:
    """Submit a task, and wait until it has printed something."""
    task = await running.coordinator.submit(shell(), attended=False)
    with trio.fail_after(10):
        async with aclosing(running.coordinator.follow(task.id)) as events:
            async for event in events:
                if isinstance(event, TaskOutput):
                    break
    return task


async def record(running: Running, task: str) -> Record:
    return (await running.journal.read(replay))[task]


async def test_a_node_that_stops_gives_the_attempt_back_and_the_next_one_goes_on(
    tmp_path: Path, boots: Boots
) -> None:
    async with node(tmp_path, boots, speak_each_time, serving=True) as first:
        task = await begin(first)
    async with node(tmp_path, boots) as looking:
        between = await looking.coordinator.get(task.id)
        assert (between.state, between.waiting_for, between.attempt) == ("waiting", "capacity", 1)
        assert await looking.printed(task.id) == b"attempt 1\n"
    assert not list((tmp_path / "output").iterdir())
    async with node(tmp_path, boots, speak_each_time, serving=True) as second:
        ended = await second.end(task.id)
        assert (ended.state, ended.attempt) == ("succeeded", 2)
        assert await second.printed(task.id) == b"attempt 2\n"
        assert (await record(second, task.id)).losses == 0, (
            "a node that stops in order is no fault of the task"
        )


async def test_a_node_that_stops_ends_what_it_was_asked_for_itself(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots, speak_each_time, serving=True) as running:
        task = await running.coordinator.submit(shell())
        kept = await begin(running)
        assert (await running.coordinator.get(kept.id)).state == "running"
    async with node(tmp_path, boots) as looking:
        assert (await looking.coordinator.get(task.id)).state == "cancelled"
        assert (await looking.coordinator.get(kept.id)).state == "waiting"


async def test_a_stop_is_quick_however_many_tasks_run(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots, speak_each_time, slots=50, serving=True) as running:
        for _ in range(50):
            await running.coordinator.submit(shell(), attended=False)
        with trio.fail_after(10):
            while len(running.executor.started) < 50:  # noqa: ASYNC110 - the executor is the test's own
                await trio.sleep(0.01)
        began = trio.current_time()
    assert trio.current_time() - began < 1.0


async def test_a_killed_node_is_noticed_and_counted(tmp_path: Path, boots: Boots) -> None:
    task = await leave(tmp_path, "k", attempt=1, waiter=None)
    async with node(tmp_path, boots, serving=True) as running:
        ended = await running.end(task)
        assert (ended.state, ended.attempt) == ("succeeded", 2)
        assert (await record(running, task)).losses == 1
    assert running.executor.started == [(task, 2)]


async def test_a_task_that_kills_every_process_is_given_up(tmp_path: Path, boots: Boots) -> None:
    task = await leave(tmp_path, "k", attempt=1, waiter=None)
    async with opened(tmp_path) as (store, _):
        for attempt in range(1, MOST_LOSSES):
            lost = Lost(task=task, at=stamp(), attempt=attempt, boot=DEAD, died=True)
            again = Assign(task=task, at=stamp(), attempt=attempt + 1, worker="peer", boot=DEAD)
            await store.change(lambda control, both=(lost, again): [control.apply(c) for c in both])  # type: ignore[misc]
    (tmp_path / "output" / f"{task}.{MOST_LOSSES}").write_bytes(frame(STDOUT, b"the last\n"))
    async with node(tmp_path, boots, serving=True) as running:
        ended = await running.coordinator.get(task)
        assert ended.result is not None
        assert (ended.state, ended.result.reason, ended.attempt) == ("failed", "lost", MOST_LOSSES)
        assert ended.result.detail == f"{MOST_LOSSES} processes died while they ran it"
        assert await running.printed(task, attempt=MOST_LOSSES) == b"the last\n"
        assert running.executor.started == []


async def test_who_follows_through_a_restart_hears_both_attempts_and_the_end(
    tmp_path: Path, boots: Boots
) -> None:
    told: list[tuple[int, bytes]] = []
    ends: list[Task] = []
    async with node(tmp_path, boots) as watching:

        async def follow(task_id: str) -> None:
            async with aclosing(watching.coordinator.follow(task_id)) as events:
                async for event in events:
                    if isinstance(event, TaskOutput):
                        told.append((event.attempt, event.data))
                    elif isinstance(event, Task):
                        ends.append(event)

        with trio.fail_after(20):
            async with trio.open_nursery() as nursery:
                async with node(tmp_path, boots, speak_each_time, serving=True) as first:
                    task = await begin(first)
                    nursery.start_soon(follow, task.id)
                    while not told:  # noqa: ASYNC110 - what was told is the test's own
                        await trio.sleep(0.01)
                async with node(tmp_path, boots, speak_each_time, serving=True) as second:
                    await second.end(task.id)
    assert told == [(1, b"attempt 1\n"), (2, b"attempt 2\n")]
    assert [task.state for task in ends] == ["succeeded"]


async def test_a_serving_node_ends_what_a_command_leaves_that_dies(
    tmp_path: Path, boots: Boots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chorus_coordinator.recovery.WATCH_S", 0.05)
    boots.living.add(DEAD)
    async with node(tmp_path, boots, serving=True) as running:
        task = await leave(tmp_path, "k", attempt=1)
        assert (await running.coordinator.get(task)).state == "assigned"
        boots.living.discard(DEAD)
        with trio.fail_after(10):
            async with aclosing(running.coordinator.changes()) as changes:
                async for change in changes:
                    if change.kind == "lost":
                        break
        assert (await running.coordinator.get(task)).state == "failed"


async def test_a_cancelled_task_of_a_node_is_killed(tmp_path: Path, boots: Boots) -> None:
    killed = trio.Event()

    async def until_killed(work: Assignment, report: Report) -> Result:
        await report.output(STDOUT, b"begun\n")
        try:
            await trio.sleep_forever()
        finally:
            killed.set()
        raise AssertionError

    async with node(tmp_path, boots, until_killed, serving=True) as running, node(tmp_path, boots) as other:
        here, there = await begin(running), await begin(running)
        assert (await running.coordinator.cancel(here.id)).state == "cancelled"
        with trio.fail_after(5):
            await killed.wait()
        killed = trio.Event()
        assert (await other.coordinator.cancel(there.id)).state == "cancelled"
        with trio.fail_after(5):
            await killed.wait()
            later = await running.coordinator.submit(shell(), attended=False)
            await begin_again(running, later)


async def begin_again(running: Running, task: Task) -> None:
    """Wait until a task runs: the slots of those before it are free."""
    while (await running.coordinator.get(task.id)).state != "running":  # noqa: ASYNC110 - as a person would
        await trio.sleep(0.01)
