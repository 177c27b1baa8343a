"""What a process that died leaves is ended by whoever starts next, and no memory is needed for it."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
import trio

from chorus_coordinator.clock import stamp
from chorus_coordinator.control import Assign, Cancel, Command, Finish, Lost, Submit, task_id
from chorus_coordinator.rules import Changed, Record, apply
from chorus_coordinator.store import Store, head, open_store, replay
from chorus_hooks.coordinator import Coordinator
from chorus_hooks.executor import Assignment, Report
from chorus_hooks.output import STDERR, STDOUT, frame
from chorus_hooks.task import Result, Task
from chorus_identity.service import serve as serve_identity
from chorus_journal.journal import SqliteJournal, open_journal
from tests.integration.coordinator.node import Boots, FakeNode, node, shell

DEAD = "d" * 32
PRINTED = frame(STDOUT, b"half ") + frame(STDERR, b"done\n")


@asynccontextmanager
async def opened(state_dir: Path) -> AsyncIterator[tuple[Store, SqliteJournal]]:
    """The bare store of a state dir, without a worker."""
    place = FakeNode(state_dir, DEAD, Boots())
    async with serve_identity(place) as identity, open_journal(place, identity) as journal:
        yield await open_store(journal, identity.peer_id, stamp(), lambda task: None), journal


async def leave(state_dir: Path, key: str, *, attempt: int, waiter: str | None = DEAD) -> str:
    """What a process leaves that was killed after it had submitted, and had perhaps begun."""
    task = task_id("default", key)
    commands: list[Command] = [
        Submit(task=task, at=stamp(), document=shell(idempotency_key=key), waiter=waiter)
    ]
    if attempt:
        commands.append(Assign(task=task, at=stamp(), attempt=attempt, worker="peer", boot=DEAD))
        output = state_dir / "output"
        await trio.Path(output).mkdir(exist_ok=True)
        await trio.Path(output / f"{task}.{attempt}").write_bytes(PRINTED + frame(STDOUT, b"lost")[:-1])
    async with opened(state_dir) as (store, _):
        await store.change(lambda control: [control.apply(command) for command in commands])
    return task


async def interrupted(coordinator: Coordinator, task_id: str) -> bool:
    task = await coordinator.get(task_id)
    return task.state == "failed" and task.result is not None and task.result.reason == "interrupted"


async def test_a_dead_run_is_interrupted_and_keeps_what_it_printed(tmp_path: Path) -> None:
    begun = await leave(tmp_path, "begun", attempt=1)
    waiting = await leave(tmp_path, "waiting", attempt=0)
    async with node(tmp_path, Boots()) as running:
        assert await interrupted(running.coordinator, begun)
        assert await interrupted(running.coordinator, waiting)
        assert await running.printed(begun) == b"half done\n"
        result = (await running.coordinator.get(begun)).result
        assert result is not None
        assert result.output is not None
        assert result.output.size == len(PRINTED)
        assert not list((tmp_path / "output").iterdir())
        assert running.executor.started == []


async def test_several_processes_recover_at_once(tmp_path: Path) -> None:
    tasks = [await leave(tmp_path, str(number), attempt=1) for number in range(3)]
    boots, seen = Boots(), []

    async def start() -> None:
        async with node(tmp_path, boots) as running:
            seen.append([await interrupted(running.coordinator, task) for task in tasks])
            assert [await running.printed(task) for task in tasks] == [b"half done\n"] * 3

    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(start)
    assert seen == [[True] * 3] * 3
    async with opened(tmp_path) as (_, journal):
        kinds = await journal.read(lambda db: db.query("SELECT kind FROM coordinator_control"))
    assert [kind for (kind,) in kinds].count("lost") == 3


async def test_a_task_that_nobody_waits_for_goes_back_to_waiting(tmp_path: Path) -> None:
    task = await leave(tmp_path, "k", attempt=1, waiter=None)
    async with node(tmp_path, Boots()) as running:
        stands = await running.coordinator.get(task)
    assert (stands.state, stands.waiting_for, stands.attempt) == ("waiting", "capacity", 1)


async def test_what_runs_elsewhere_is_left_alone(tmp_path: Path) -> None:
    async def forever(work: Assignment, report: Report) -> Result:
        await report.output(STDOUT, b"begun\n")
        await trio.sleep_forever()
        raise AssertionError

    boots = Boots()
    async with node(tmp_path, boots, forever) as one:
        task = await one.coordinator.submit(shell())
        with trio.fail_after(10):
            async with aclosing(one.coordinator.follow(task.id)) as events:
                async for _ in events:
                    break
        async with node(tmp_path, boots) as other:
            assert (await other.coordinator.get(task.id)).state == "running"
            assert await other.printed(task.id) == b"begun\n"


async def test_who_follows_sees_the_other_process_die(tmp_path: Path) -> None:
    boots = Boots({DEAD})
    task = await leave(tmp_path, "k", attempt=1)
    async with node(tmp_path, boots) as running:
        told: list[object] = []
        with trio.fail_after(10):
            async with aclosing(running.coordinator.follow(task)) as events:
                async for event in events:
                    told.append(event)
                    boots.living.discard(DEAD)
        last = told[-1]
    assert isinstance(last, Task)
    assert last.result is not None
    assert last.result.reason == "interrupted"


async def test_a_file_of_an_ended_task_is_kept_and_removed(tmp_path: Path) -> None:
    task = await leave(tmp_path, "k", attempt=1)
    async with opened(tmp_path) as (store, _):
        await store.change(lambda control: control.apply(Cancel(task=task, at=stamp())))
    (tmp_path / "output" / f"{'0' * 32}.1").write_bytes(b"nobody's")
    async with node(tmp_path, Boots()) as running:
        assert (await running.coordinator.get(task)).state == "cancelled"
        assert await running.printed(task) == b"half done\n"
        assert not list((tmp_path / "output").iterdir())


COMMANDS: list[Command] = [
    Submit(task="a" * 32, at="t0", document=shell(idempotency_key="a"), waiter=None),
    Submit(task="b" * 32, at="t1", document=shell(idempotency_key="b"), waiter=DEAD),
    Assign(task="a" * 32, at="t2", attempt=1, worker="w", boot="x"),
    Submit(task="a" * 32, at="t3", document=shell(idempotency_key="a"), waiter=None),
    Lost(task="a" * 32, at="t4", attempt=1, boot="x"),
    Finish(task="a" * 32, at="t5", attempt=1, result=Result(reason="exited", exit_code=0)),
    Assign(task="a" * 32, at="t6", attempt=2, worker="w", boot="x"),
    Assign(task="b" * 32, at="t7", attempt=1, worker="w", boot=DEAD),
    Finish(task="a" * 32, at="t8", attempt=2, result=Result(reason="exited", exit_code=3)),
    Finish(task="a" * 32, at="t9", attempt=2, result=Result(reason="exited", exit_code=0)),
    Lost(task="b" * 32, at="t10", attempt=1, boot=DEAD),
    Cancel(task="b" * 32, at="t11"),
]


@pytest.mark.parametrize("forget", [False, True], ids=["kept", "forgotten"])
async def test_forgetting_everything_between_two_commands_changes_no_outcome(
    tmp_path: Path, forget: bool
) -> None:
    expected: dict[str, Record] = {}
    for command in COMMANDS:
        outcome = apply(expected.get(command.task), command)
        if isinstance(outcome, Changed):
            expected[command.task] = outcome.record
    steps = [[command] for command in COMMANDS] if forget else [COMMANDS]
    for step in steps:
        async with opened(tmp_path) as (store, journal):
            for command in step:
                await store.change(lambda control, command=command: control.apply(command))  # type: ignore[misc]
            folded = await journal.read(replay)
            digest = (await journal.read(head))[1]
    assert folded == expected
    assert len(digest) == 64


async def test_a_changed_control_log_does_not_give_its_digest(tmp_path: Path) -> None:
    await leave(tmp_path, "k", attempt=1)
    async with opened(tmp_path) as (_, journal):
        await journal.write(
            lambda tx: tx.execute("UPDATE coordinator_control SET cmd = replace(cmd, 'peer', 'else')")
        )
        with pytest.raises(ValueError, match="command 2"):
            await journal.read(replay)
