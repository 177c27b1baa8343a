"""Writing and reading: what is acknowledged is there, what failed is not, and neighbours do not matter."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
import trio
import trio.testing

from chorus_hooks.errors import ChorusError, Refused, UsageError
from chorus_hooks.identity import Identity
from chorus_hooks.journal import Reader, Transaction
from chorus_hooks.node import Node
from chorus_journal import database
from chorus_journal.checkpoint import open_checkpoint, sign_checkpoint
from chorus_journal.database import database_path
from chorus_journal.entry import decode_entry
from chorus_journal.journal import SqliteJournal, open_journal
from chorus_journal.log import MILESTONE
from chorus_journal.overtaken import mark_overtaken
from chorus_journal.verify import verify_database
from tests.unit.journal.state import FakeNode, fixed_identity


def _texts(reader: Reader) -> list[str]:
    rows = reader.query("SELECT body FROM entry ORDER BY seq")
    return [decode_entry(body).data["text"] for (body,) in rows]


async def test_an_entry_that_was_acknowledged_can_be_read(journal: SqliteJournal) -> None:
    assert await journal.write(lambda tx: tx.append("test.said", {"text": "a"})) == 0
    assert await journal.write(lambda tx: tx.append("test.said", {"text": "b"})) == 1
    assert await journal.read(_texts) == ["a", "b"]


async def test_a_new_log_has_a_signed_checkpoint_of_nothing(
    journal: SqliteJournal, identity: Identity
) -> None:
    checkpoint = await journal.checkpoint()
    assert checkpoint.size == 0
    assert open_checkpoint(checkpoint.note, identity) == checkpoint


async def test_the_checkpoint_covers_what_was_acknowledged(
    journal: SqliteJournal, identity: Identity
) -> None:
    for number in range(3):
        await journal.write(lambda tx: tx.append("test.said", {"text": "x"}))
        checkpoint = await journal.checkpoint()
        assert checkpoint.size == number + 1
        assert open_checkpoint(checkpoint.note, identity) == checkpoint


async def test_a_view_changes_with_its_entry_or_not_at_all(journal: SqliteJournal) -> None:
    await journal.migrate("words", ["CREATE TABLE word (text TEXT PRIMARY KEY) STRICT"])

    def say(tx: Transaction, word: str) -> int:
        seq = tx.append("test.said", {"text": word})
        assert tx.execute("INSERT INTO word VALUES (?)", (word,)) == 1
        return seq

    await journal.write(lambda tx: say(tx, "once"))
    with pytest.raises(sqlite3.IntegrityError):
        await journal.write(lambda tx: say(tx, "once"))
    assert await journal.read(_texts) == ["once"]
    assert await journal.read(lambda reader: reader.query("SELECT text FROM word")) == [("once",)]


async def test_a_transaction_reads_what_it_wrote(journal: SqliteJournal) -> None:
    def job(tx: Transaction) -> int:
        tx.append("test.said", {"text": "a"})
        return len(tx.query("SELECT 1 FROM entry"))

    assert await journal.write(job) == 1


class _BangError(Exception):
    pass


async def test_a_job_that_raises_is_undone_alone(
    node: Node, journal: SqliteJournal, identity: Identity
) -> None:
    gate = threading.Event()
    raised: list[int] = []

    def job(tx: Transaction, number: int) -> None:
        tx.append("test.said", {"text": str(number)})
        if number % 3 == 1:
            raise _BangError

    async def call(number: int) -> None:
        try:
            await journal.write(lambda tx: job(tx, number))
        except _BangError:
            raised.append(number)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.write, lambda tx: gate.wait(10))
        for number in range(60):
            nursery.start_soon(call, number)
        await trio.testing.wait_all_tasks_blocked()
        gate.set()  # good and bad jobs now wait together, and share one commit
    assert sorted(raised) == [n for n in range(60) if n % 3 == 1]
    assert sorted(map(int, await journal.read(_texts))) == [n for n in range(60) if n % 3 != 1]
    report = verify_database(database_path(node.state_dir), identity)
    assert (report.ok, report.checked) == (True, 40)


async def test_data_that_is_not_canonical_is_refused_and_nothing_of_the_job_stays(
    journal: SqliteJournal,
) -> None:
    def job(tx: Transaction) -> None:
        tx.append("test.said", {"text": "good"})
        tx.append("test.said", {"text": float("nan")})

    with pytest.raises(UsageError, match="not canonical"):
        await journal.write(job)
    assert await journal.read(_texts) == []


async def test_a_job_whose_caller_was_cancelled_while_it_waited_never_runs(journal: SqliteJournal) -> None:
    gate = threading.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(journal.write, lambda tx: gate.wait(10))
        await trio.testing.wait_all_tasks_blocked()
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as impatient:
                impatient.start_soon(journal.write, lambda tx: tx.append("test.said", {"text": "never"}))
                await trio.testing.wait_all_tasks_blocked()
                scope.cancel()
        gate.set()
    await journal.write(lambda tx: tx.append("test.said", {"text": "sure"}))
    assert await journal.read(_texts) == ["sure"]


async def test_more_callers_than_the_queue_holds_all_get_their_turn(journal: SqliteJournal) -> None:
    async with trio.open_nursery() as nursery:
        for _ in range(1500):
            nursery.start_soon(journal.write, lambda tx: tx.append("test.said", {"text": "x"}))
    assert (await journal.checkpoint()).size == 1500


async def test_closing_finishes_what_was_taken_and_takes_no_more(node: Node, identity: Identity) -> None:
    gate = threading.Event()
    async with open_journal(node, identity) as journal, trio.open_nursery() as nursery:
        nursery.start_soon(journal.write, lambda tx: gate.wait(10))
        for _ in range(50):
            nursery.start_soon(journal.write, lambda tx: tx.append("test.said", {"text": "x"}))
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(journal.aclose)
        await trio.testing.wait_all_tasks_blocked()
        gate.set()
    with pytest.raises(RuntimeError, match="closed"):
        await journal.write(lambda tx: None)
    assert sorted(p.name for p in node.state_dir.iterdir()) == [
        "journal.db",
        "journal.sum",
        "journal.turn",
        "journal.users",
    ]
    assert verify_database(database_path(node.state_dir), identity).checked == 50


async def test_the_log_goes_on_where_it_ended(node: Node, identity: Identity) -> None:
    async with open_journal(node, identity) as journal:
        await journal.write(lambda tx: tx.append("test.said", {"text": "a"}))
        origin = (await journal.checkpoint()).origin
    async with open_journal(node, identity) as journal:
        assert await journal.write(lambda tx: tx.append("test.said", {"text": "b"})) == 1
        assert (await journal.checkpoint()).origin == origin


async def test_a_lost_database_begins_another_log(node: Node, identity: Identity) -> None:
    async with open_journal(node, identity) as journal:
        first = (await journal.checkpoint()).origin
    database_path(node.state_dir).unlink()
    async with open_journal(node, identity) as journal:
        assert (await journal.checkpoint()).origin != first


async def test_old_checkpoints_are_thinned_to_milestones(node: Node, journal: SqliteJournal) -> None:
    for size in (3, MILESTONE - 3, 5, 2 * MILESTONE, 1, 1):
        await journal.write(lambda tx, n=size: [tx.append("test.said", {}) for _ in range(n)])  # type: ignore[misc]
    kept = await journal.read(lambda reader: reader.query("SELECT size FROM checkpoint ORDER BY size"))
    assert [size for (size,) in kept] == [0, MILESTONE, 3 * MILESTONE + 5, 3 * MILESTONE + 7]


async def test_the_database_is_private(node: Node, journal: SqliteJournal) -> None:
    await journal.write(lambda tx: tx.append("test.said", {}))
    for path in node.state_dir.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


async def test_entries_cannot_be_changed_or_removed(journal: SqliteJournal) -> None:
    await journal.write(lambda tx: tx.append("test.said", {"text": "a"}))
    for sql in ("UPDATE entry SET body = x''", "DELETE FROM entry"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            await journal.write(lambda tx, sql=sql: tx.execute(sql))  # type: ignore[misc]


async def test_a_job_that_ends_the_transaction_itself_fails_and_is_not_acknowledged(
    journal: SqliteJournal,
) -> None:
    with pytest.raises(sqlite3.OperationalError):
        await journal.write(lambda tx: tx.execute("ROLLBACK"))
    await journal.write(lambda tx: tx.append("test.said", {"text": "on"}))
    assert await journal.read(_texts) == ["on"]


async def test_reads_see_one_snapshot_and_cannot_write(journal: SqliteJournal) -> None:
    await journal.write(lambda tx: tx.append("test.said", {"text": "a"}))
    with pytest.raises(ChorusError, match="read-only"):
        await journal.read(lambda reader: reader.query("DELETE FROM checkpoint"))

    def look(reader: Reader) -> tuple[int, int]:
        before = len(reader.query("SELECT 1 FROM entry"))
        trio.from_thread.run(journal.write, lambda tx: tx.append("test.said", {"text": "b"}))
        return before, len(reader.query("SELECT 1 FROM entry"))

    assert await journal.read(look) == (1, 1)


async def test_a_database_that_stays_locked_is_told_and_then_used_again(
    node: Node, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.01)
    async with open_journal(node, identity) as journal:
        with closing(sqlite3.connect(database_path(node.state_dir), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(ChorusError, match="stayed locked") as caught:
                await journal.write(lambda tx: tx.append("test.said", {"text": "a"}))
            assert "hanging" in caught.value.hint
        assert await journal.write(lambda tx: tx.append("test.said", {"text": "b"})) == 0


async def test_the_log_of_another_identity_is_refused(node: Node, identity: Identity) -> None:
    async with open_journal(node, identity):
        pass
    with pytest.raises(Refused, match=identity.peer_id) as caught:
        async with open_journal(node, fixed_identity(2)):
            pass
    assert "identity.key" in caught.value.hint


async def test_two_journals_on_one_state_dir_take_turns(tmp_path: Path, identity: Identity) -> None:
    async with (
        open_journal(FakeNode(tmp_path), identity) as one,
        open_journal(FakeNode(tmp_path), identity) as other,
        trio.open_nursery() as nursery,
    ):
        for number in range(40):
            journal = (one, other)[number % 2]
            nursery.start_soon(journal.write, lambda tx: tx.append("test.said", {"text": "x"}))
    report = verify_database(database_path(tmp_path), identity)
    assert (report.ok, report.size) == (True, 40)


async def test_who_waits_for_growth_is_told_of_a_commit(journal: SqliteJournal) -> None:
    grown: list[int] = []

    async def wait() -> None:
        grown.append((await journal.grown(1)).size)

    with trio.fail_after(5):
        assert (await journal.grown(-1)).size == 0
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await journal.write(lambda tx: tx.append("test.said", {"text": "a"}))
            await trio.testing.wait_all_tasks_blocked()
            assert grown == []
            await journal.write(lambda tx: tx.append("test.said", {"text": "b"}))
    assert grown == [2]


async def test_who_waits_for_growth_is_told_of_what_another_process_appends(
    journal: SqliteJournal, node: Node, identity: Identity
) -> None:
    async with open_journal(node, identity) as other:
        await other.write(lambda tx: tx.append("test.said", {"text": "a"}))
        with trio.fail_after(5):
            assert (await journal.grown(0)).size == 1


async def test_nothing_is_appended_to_a_log_that_goes_on_elsewhere(
    journal: SqliteJournal, identity: Identity
) -> None:
    await journal.write(lambda tx: tx.append("test.said", {"text": "a"}))
    origin = (await journal.checkpoint()).origin
    longer = sign_checkpoint(origin, 7, bytes(32), identity)
    await journal.write(lambda tx: mark_overtaken(tx, longer.note))
    with pytest.raises(Refused, match="signed 7 entries that peers know, and the 1"):
        await journal.write(lambda tx: tx.append("test.said", {"text": "b"}))
    assert (await journal.checkpoint()).size == 1
    assert await journal.write(lambda tx: tx.execute("DELETE FROM hold")) == 0


@pytest.mark.parametrize(("version", "whole"), [(8, True), (9, False), (0, False)])
async def test_a_log_that_an_older_version_wrote_verifies_before_it_is_upgraded(
    node: Node, identity: Identity, version: int, whole: bool
) -> None:
    path = database_path(node.state_dir)
    async with open_journal(node, identity) as journal:
        await journal.write(lambda tx: tx.execute("DROP TABLE overtaken"))
        await journal.write(lambda tx: tx.execute("UPDATE migration SET version = ?", (version,)))
        if version < 8:
            await journal.write(lambda tx: tx.execute("DROP INDEX hold_owner"))
    (path.parent / "journal.sum").unlink()
    assert verify_database(path, identity).ok is whole
