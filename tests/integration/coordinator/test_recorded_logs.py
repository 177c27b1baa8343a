"""Control logs of older versions replay, and their tasks are shown as they were.

`recorded/first_format.sql` was written by the version before tasks had priorities, traces and retries.
"""

from pathlib import Path

from chorus_coordinator import schema
from chorus_coordinator.clock import stamp
from chorus_coordinator.control import Submit, task_id
from chorus_coordinator.queries import Queries, counts
from chorus_coordinator.rules import Receipt
from chorus_coordinator.store import open_store, replay
from chorus_coordinator.view import find
from chorus_identity.service import serve as serve_identity
from chorus_journal.journal import open_journal
from tests.integration.coordinator.node import Boots, FakeNode, node, shell

FIRST = Path(__file__).with_name("recorded") / "first_format.sql"
FIRST_STEPS = 5


async def restore(state_dir: Path) -> None:
    """Make a state dir as the old version left it."""
    place = FakeNode(state_dir, "d" * 32, Boots())
    async with serve_identity(place) as identity, open_journal(place, identity) as journal:
        await journal.migrate(schema.OWNER, schema.STEPS[:FIRST_STEPS])
        for line in FIRST.read_text(encoding="utf-8").splitlines():
            await journal.write(lambda tx, line=line: tx.execute(line))  # type: ignore[misc]


async def test_an_old_log_replays_to_the_tasks_of_the_view(tmp_path: Path) -> None:
    await restore(tmp_path)
    place = FakeNode(tmp_path, "d" * 32, Boots())
    async with serve_identity(place) as identity, open_journal(place, identity) as journal:
        await open_store(journal, identity.peer_id, stamp(), lambda task: None)
        folded = await journal.read(replay)
        assert len(folded) == 6
        for task, record in folded.items():
            assert await journal.read(lambda db, task=task: find(db, task)) == record  # type: ignore[misc]
        states = await journal.read(counts().run)
        assert {state: n for state, n in states.items() if n} == {"succeeded": 1, "failed": 3, "cancelled": 2}
        page = await journal.read(Queries().list(project="default", state="failed").run)
        assert [task.document.idempotency_key for task in page.tasks] == ["d", "c", "b"]


async def test_an_old_log_is_told_as_changes(tmp_path: Path) -> None:
    await restore(tmp_path)
    async with node(tmp_path, Boots()) as running:
        changes = [change async for change in running.coordinator.changes(wait=False)]
    assert [change.n for change in changes] == list(range(1, 19))
    told = [(change.kind, change.state) for change in changes if change.task == task_id("default", "d")]
    assert told == [
        ("submit", "waiting"),
        ("assign", "assigned"),
        ("lost", "waiting"),
        ("assign", "assigned"),
        ("result", "failed"),
    ]
    assert {change.project for change in changes} == {"default"}
    ends = [change.state for change in changes if change.kind not in ("submit", "assign")]
    assert ends == ["succeeded", "failed", "failed", "waiting", "failed", "cancelled", "cancelled"]
    assert changes[2].at == "2026-11-20T10:00:02.000Z"


async def test_an_old_key_still_gives_the_old_receipt(tmp_path: Path) -> None:
    await restore(tmp_path)
    place = FakeNode(tmp_path, "d" * 32, Boots())
    async with serve_identity(place) as identity, open_journal(place, identity) as journal:
        store = await open_store(journal, identity.peer_id, stamp(), lambda task: None)
        task = task_id("default", "b")
        record = await store.read(lambda reader: find(reader, task))
        assert record is not None
        again = Submit(task=task, at=stamp(), document=record.task.document, waiter="a" * 32)
        assert await store.change(lambda control: control.apply(again)) == Receipt(record)
    async with node(tmp_path, Boots()) as running:
        await running.end((await running.coordinator.submit(shell(idempotency_key="new"))).id)
        assert len(await running.journal.read(replay)) == 7
