"""What people say to a running attempt: it stops and listens between two steps, whatever dies meanwhile."""

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest
import trio

from chorus_coordinator.directing import MOST_TEXT
from chorus_coordinator.store import replay
from chorus_coordinator.view import find
from chorus_hooks.coordinator import TaskPhase
from chorus_hooks.errors import Conflict, NotFound, UsageError
from chorus_hooks.task import Task
from tests.integration.coordinator.node import Boots, Running, Stepper, goal, node, shell
from tests.integration.coordinator.test_gate import facts, until


@pytest.fixture
def boots() -> Boots:
    return Boots()


async def told(running: Running, task: Task, state: str, waiting_for: str | None = None) -> Task:
    """The task, as soon as it is told so."""
    with trio.fail_after(10):
        while True:
            stands = await running.coordinator.get(task.id)
            if (stands.state, stands.waiting_for) == (state, waiting_for):
                return stands
            await trio.sleep(0.01)


async def begun(running: Running, stepper: Stepper) -> Task:
    """A goal whose attempt has come through its first boundary, and is in a step."""
    task = await running.coordinator.submit(goal(), attended=False)
    stepper.may.release()
    await until(lambda: len(stepper.heard) == 1)
    return task


async def test_a_goal_stops_at_its_next_step_and_goes_on(tmp_path: Path, boots: Boots) -> None:
    stepper = Stepper(steps=2)
    async with node(tmp_path, boots, stepper, serving=True) as running:
        task = await begun(running, stepper)
        await running.coordinator.pause(task.id[:8])
        assert (await running.coordinator.get(task.id)).state == "running", "it is still in its step"
        stepper.may.release()
        stands = await told(running, task, "waiting", "paused")
        assert stands.attempt == 1
        page = await running.coordinator.list(state="waiting")
        assert [(one.id, one.waiting_for) for one in page.tasks] == [(task.id, "paused")]
        counts = await running.coordinator.counts()
        assert {state: count for state, count in counts.items() if count} == {"waiting": 1}
        assert len(stepper.heard) == 1
        await running.coordinator.resume(task.id)
        assert (await running.end(task.id)).state == "succeeded"
        assert running.executor.started == [(task.id, 1)]
        (paused,), (resumed,) = await facts(running, "task.paused"), await facts(running, "task.resumed")
        by = running.identity.peer_id
        assert paused["data"] == resumed["data"] == {"task": task.id, "by": by}


async def test_another_process_pauses_resumes_and_steers(tmp_path: Path, boots: Boots) -> None:
    stepper = Stepper(steps=2)
    async with node(tmp_path, boots, stepper, serving=True) as running, node(tmp_path, boots) as other:
        task = await begun(running, stepper)
        await other.coordinator.pause(task.id)
        stepper.may.release()
        await told(other, task, "waiting", "paused")
        await other.coordinator.steer(task.id, "mind the tests")
        await other.coordinator.resume(task.id)
        await running.end(task.id)
        folded = (await running.journal.read(replay))[task.id]
        assert await running.journal.read(lambda db: find(db, task.id)) == folded
    assert [[note.text for note in notes] for notes in stepper.heard] == [[], ["mind the tests"]]


async def test_what_waits_is_not_begun_while_it_is_paused(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots, slots=1, serving=False) as other:
        tasks = [await other.coordinator.submit(shell(f"echo {n}"), attended=False) for n in range(2)]
        assert (await other.coordinator.pause(tasks[0].id)).waiting_for == "paused"
        assert (await other.coordinator.pause(tasks[0].id)).waiting_for == "paused"
        async with node(tmp_path, boots, slots=1, serving=True) as running:
            await running.end(tasks[1].id)
            assert (await running.coordinator.get(tasks[0].id)).waiting_for == "paused"
            assert (await running.coordinator.resume(tasks[0].id)).waiting_for != "paused"
            assert (await running.end(tasks[0].id)).state == "succeeded"


async def test_a_pause_and_what_was_said_outlive_the_process(tmp_path: Path, boots: Boots) -> None:
    stepper = Stepper(steps=2)
    async with node(tmp_path, boots, stepper, serving=True) as running:
        task = await begun(running, stepper)
        await running.coordinator.steer(task.id, "mind the tests")
        await running.coordinator.pause(task.id)
        stepper.may.release()
        await told(running, task, "waiting", "paused")
    again = Stepper(steps=1)
    again.may.release()
    async with node(tmp_path, boots, again, serving=True) as running:
        await told(running, task, "waiting", "paused")
        await running.coordinator.steer(task.id, "and the docs")
        assert running.executor.started == []
        await running.coordinator.resume(task.id)
        assert (await running.end(task.id)).state == "succeeded"
    assert again.at == [(task.id, 2)]
    assert [note.text for note in again.heard[0]] == ["mind the tests", "and the docs"]


async def test_each_attempt_hears_each_note_once(tmp_path: Path, boots: Boots) -> None:
    stepper = Stepper(steps=3)
    async with node(tmp_path, boots, stepper, serving=True) as running:
        task = await running.coordinator.submit(goal(), attended=False)
        await running.coordinator.steer(task.id, "first")
        stepper.may.release()
        await until(lambda: len(stepper.heard) == 1)
        await running.coordinator.steer(task.id, "second, with a TOKEN in it")
        stepper.may.release()
        await until(lambda: len(stepper.heard) == 2)
        stepper.may.release()
        await running.end(task.id)
        steered = await facts(running, "task.steered")
    said = [[note.text for note in notes] for notes in stepper.heard]
    assert said == [["first"], ["second, with a [REDACTED name] in it"], []]
    assert [entry["data"]["text"] for entry in steered] == ["first", "second, with a [REDACTED name] in it"]
    assert {note.by for notes in stepper.heard for note in notes} == {running.identity.peer_id}


async def test_a_cancel_reaches_a_task_that_is_paused(tmp_path: Path, boots: Boots) -> None:
    stepper = Stepper(steps=2)
    async with node(tmp_path, boots, stepper, serving=True) as running, node(tmp_path, boots) as other:
        task = await begun(running, stepper)
        await running.coordinator.pause(task.id)
        stepper.may.release()
        await told(running, task, "waiting", "paused")
        assert (await other.coordinator.cancel(task.id)).state == "cancelled"
        assert (await running.end(task.id)).state == "cancelled"
        await until(lambda: not list((tmp_path / "output").iterdir()))


async def test_who_follows_is_told_how_to_go_on(tmp_path: Path, boots: Boots) -> None:
    stepper, phases = Stepper(steps=2), list[TaskPhase]()

    async def follow(running: Running, task: Task) -> None:
        async with aclosing(running.coordinator.follow(task.id)) as events:
            async for event in events:
                if isinstance(event, TaskPhase):
                    phases.append(event)

    async with node(tmp_path, boots, stepper, serving=True) as running, node(tmp_path, boots) as other:
        task = await begun(running, stepper)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(follow, running, task)
            nursery.start_soon(follow, other, task)
            await running.coordinator.pause(task.id)
            stepper.may.release()
            await until(lambda: len(phases) == 2)
            await running.coordinator.resume(task.id)
    assert phases == [TaskPhase("waiting", f"paused: chorus task resume {task.id[:12]}")] * 2


async def test_what_cannot_be_directed_says_why(tmp_path: Path, boots: Boots) -> None:
    hold = trio.Event()

    async def play(work: object, report: object) -> object:
        await hold.wait()
        return await Stepper(steps=0, direction=running.direction)(work, report)  # type: ignore[arg-type]

    async with node(tmp_path, boots, play, serving=True) as running:  # type: ignore[arg-type]
        coordinator = running.coordinator
        task = await coordinator.submit(shell(), attended=False)
        await until(lambda: bool(running.executor.started))
        with pytest.raises(Conflict, match="cannot be paused"):
            await coordinator.pause(task.id)
        with pytest.raises(Conflict, match="runs commands"):
            await coordinator.steer(task.id, "hurry")
        await coordinator.resume(task.id)
        hold.set()
        await running.end(task.id)
        acts: list[Callable[[], object]] = [
            lambda: coordinator.pause(task.id),
            lambda: coordinator.resume(task.id),
            lambda: coordinator.steer(task.id, "hurry"),
        ]
        for act in acts:
            with pytest.raises(Conflict, match="has ended: succeeded"):
                await act()  # type: ignore[misc]
        with pytest.raises(NotFound):
            await coordinator.pause("0" * 32)
        for text in ("", "  \n", "x" * (MOST_TEXT + 1)):
            with pytest.raises(UsageError):
                await coordinator.steer(task.id, text)
        assert await facts(running, "task.paused") == []
