"""Ended tasks are forgotten after a while, with what they held, and nothing else is."""

from pathlib import Path

import pytest
import trio

from chorus_coordinator.plugin import chorus_register_sweepers
from chorus_coordinator.store import replay
from chorus_coordinator.sweep import BATCH, TaskSweep
from chorus_hooks.errors import NotFound
from chorus_hooks.executor import Assignment, Report
from chorus_hooks.leftover import RETENTION, Sweeper
from chorus_hooks.output import STDOUT
from chorus_hooks.task import Result, Source, Task
from tests.integration.coordinator.node import Boots, Running, node, shell


@pytest.fixture
def boots() -> Boots:
    return Boots()


def sweep(running: Running, retention_s: float = -60.0) -> TaskSweep:
    """With a negative retention everything that has ended is old."""
    return TaskSweep(running.journal, running.identity, lambda: retention_s)


async def done(running: Running, **fields: object) -> Task:
    task = await running.coordinator.submit(shell(**fields), attended=False)  # type: ignore[arg-type]
    return await running.end(task.id)


async def holds(running: Running) -> list[str]:
    rows = await running.journal.read(lambda db: db.query("SELECT owner FROM hold"))
    return [owner for (owner,) in rows]


async def test_an_old_task_is_forgotten_with_what_it_held(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots, serving=True) as running:
        with running.blobs.create() as writer:
            writer.write(b"source")
            source = writer.commit()
        task = await done(running, source=Source(sha256=source.sha256), idempotency_key="k")
        assert set(await holds(running)) == {f"task:{task.id}"}
        assert await sweep(running, 3600.0).remove() == ()
        found = await sweep(running).find()
        assert [(old.kind, old.name) for old in found] == [("task", task.id)]
        assert found[0].size > 100
        assert await sweep(running).remove() == found
        assert await sweep(running).remove() == ()
        with pytest.raises(NotFound):
            await running.coordinator.get(task.id)
        assert await holds(running) == []
        assert await running.journal.read(replay) == {}
        assert sum((await running.coordinator.counts()).values()) == 0
        await trio.to_thread.run_sync(lambda: running.blobs.prune(grace_s=0))
        assert running.blobs.find(source.sha256) is None
        *_, last = [change async for change in running.coordinator.changes(wait=False)]
        assert (last.kind, last.task, last.state) == ("forget", task.id, "succeeded")


async def test_a_forgotten_key_makes_a_new_task(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots, serving=True) as running:
        first = await done(running, idempotency_key="k")
        await sweep(running).remove()
        again = await done(running, idempotency_key="k", title="another")
        assert again.id == first.id
        assert (again.attempt, again.document.title) == (1, "another")
        assert len(await running.journal.read(replay)) == 1
        assert await running.printed(again.id) == b"hello\n"


async def test_open_tasks_and_what_they_repeat_stay(tmp_path: Path, boots: Boots) -> None:
    gate = trio.Event()

    async def gated(work: Assignment, report: Report) -> Result:
        await report.output(STDOUT, b"x")
        if work.document.title == "open" or work.document.idempotency_key == "again":
            await gate.wait()
        return Result(reason="exited", exit_code=0)

    async with node(tmp_path, boots, gated, slots=2, serving=True) as running:
        submit = running.coordinator.submit
        original = await done(running)
        again = await running.coordinator.retry(original.id, idempotency_key="again")
        still_open = await submit(shell(title="open"), attended=False)
        waiting = await submit(shell(title="waiting"), attended=False)
        assert await sweep(running).remove() == ()
        gate.set()
        for task in (again, still_open, waiting):
            await running.end(task.id)
        assert len(await sweep(running).remove()) == 4


async def test_many_are_forgotten_in_batches(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as running:
        for n in range(2 * BATCH + 1):
            task = await running.coordinator.submit(shell(str(n)), attended=False)
            await running.coordinator.cancel(task.id)
        kept = await running.coordinator.submit(shell(), attended=False)
        assert len(await sweep(running).remove()) == 2 * BATCH + 1
        assert [task.id for task in (await running.coordinator.list()).tasks] == [kept.id]


async def test_a_task_that_is_forgotten_while_it_is_killed_holds_nothing(
    tmp_path: Path, boots: Boots
) -> None:
    let_go = trio.Event()

    async def die_slowly(work: Assignment, report: Report) -> Result:
        await report.output(STDOUT, b"x")
        try:
            await trio.sleep_forever()
        finally:
            with trio.CancelScope(shield=True):
                await let_go.wait()
        raise AssertionError

    async with node(tmp_path, boots, die_slowly, serving=True) as running:
        task = await running.coordinator.submit(shell(), attended=False)
        with trio.fail_after(10):
            while not list((tmp_path / "output").iterdir()):  # noqa: ASYNC110 - the file system tells nobody
                await trio.sleep(0.01)
        await running.coordinator.cancel(task.id)
        assert len(await sweep(running).remove()) == 1
        let_go.set()
        with trio.fail_after(10):
            while list((tmp_path / "output").iterdir()):  # noqa: ASYNC110 - the file system tells nobody
                await trio.sleep(0.01)
        assert await holds(running) == []


class Settings:
    def __getitem__(self, setting: object) -> object:
        assert setting is RETENTION
        return -60.0


async def test_the_plugin_registers_it_with_the_setting(tmp_path: Path, boots: Boots) -> None:
    from chorus_hooks.identity import Identity
    from chorus_hooks.journal import Journal
    from tests.integration.coordinator.node import Given

    sweepers: list[Sweeper] = []
    chorus_register_sweepers(sweepers.append, Settings())  # type: ignore[arg-type]
    (sweeper,) = sweepers
    async with node(tmp_path, boots, serving=True) as running:
        task = await done(running)
        given = Given({Journal: running.journal, Identity: running.identity})
        assert sweeper.requires == (Journal, Identity)
        assert [old.name for old in await sweeper.build(given).find()] == [task.id]
