"""Changes by somebody who knows the format: consistent rows, but no signature."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import trio

from chorus_hooks.errors import ChorusError, NotFound
from chorus_hooks.identity import Identity
from chorus_journal.database import database_path
from chorus_journal.journal import open_journal
from chorus_journal.merkle import leaf_hash
from chorus_journal.schema import STEPS
from chorus_journal.verify import verify_database
from tests.unit.journal.state import FakeNode, fixed_identity

SIZE = 2100
"""More than two milestones, and more than eight tiles."""


@pytest.fixture
def path(tmp_path: Path, identity: Identity) -> Path:
    async def fill() -> None:
        async with open_journal(FakeNode(tmp_path), identity) as journal:
            for _ in range(SIZE // 100):
                await journal.write(lambda tx: [tx.append("test.said", {}) for _ in range(100)])

    trio.run(fill)
    return database_path(tmp_path)


def _forge(path: Path, change: Callable[[sqlite3.Connection], object]) -> None:
    (path.parent / "journal.sum").unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for trigger in ("entry_kept", "entry_unchanged"):
            connection.execute(f"DROP TRIGGER {trigger}")
        change(connection)
        for step in STEPS:
            if step.startswith("CREATE TRIGGER"):
                connection.execute(step)


def _rewrite(connection: sqlite3.Connection, seq: int, old: bytes, new: bytes) -> None:
    ((body,),) = connection.execute("SELECT body FROM entry WHERE seq = ?", (seq,)).fetchall()
    forged = body.replace(old, new)
    assert forged != body
    connection.execute("UPDATE entry SET body = ?, leaf = ? WHERE seq = ?", (forged, leaf_hash(forged), seq))


def test_an_entry_replaced_with_its_hash_is_bounded_by_the_signatures(path: Path, identity: Identity) -> None:
    _forge(path, lambda c: _rewrite(c, 1500, b"test.said", b"test.lied"))
    report = verify_database(path, identity)
    assert (report.ok, report.first_bad) == (False, 1100)
    assert report.error == "entries 1100 to 2099 are not those that were signed"


@pytest.mark.parametrize(
    ("old", "new"), [(b'"seq":7', b'"seq":8'), (b"chorus/", b"charus/"), (b'"v":1', b'"v":2')]
)
def test_an_entry_of_another_place_is_named(path: Path, identity: Identity, old: bytes, new: bytes) -> None:
    _forge(path, lambda c: _rewrite(c, 7, old, new))
    report = verify_database(path, identity)
    assert (report.ok, report.first_bad) == (False, 7)


def test_a_missing_entry_is_named(path: Path, identity: Identity) -> None:
    _forge(path, lambda c: c.execute("DELETE FROM entry WHERE seq = 9"))
    report = verify_database(path, identity)
    assert (report.first_bad, report.error) == (9, "entry 9 is missing")


def test_a_log_cut_at_its_end_is_found(path: Path, identity: Identity) -> None:
    _forge(path, lambda c: c.execute("DELETE FROM entry WHERE seq >= 2000"))
    report = verify_database(path, identity)
    assert (report.ok, report.first_bad) == (False, 2000)


def test_an_entry_that_nobody_signed_is_named(path: Path, identity: Identity) -> None:
    def change(connection: sqlite3.Connection) -> None:
        ((body,),) = connection.execute("SELECT body FROM entry WHERE seq = 2099").fetchall()
        added = body.replace(b"2099", b"2100")
        connection.execute("INSERT INTO entry VALUES (2100, ?, ?)", (leaf_hash(added), added))

    _forge(path, change)
    assert verify_database(path, identity).first_bad == SIZE


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM tile WHERE position = 3",
        "UPDATE tile SET hash = zeroblob(32) WHERE position = 3",
        "INSERT INTO tile VALUES (8, 99, zeroblob(32))",
        "UPDATE log SET size = 5",
        "UPDATE log SET frontier = x''",
        "DELETE FROM log",
        "DELETE FROM checkpoint",
        "UPDATE checkpoint SET note = 'x'",
        "UPDATE checkpoint SET size = size + 1",
        "DROP TABLE tile",
        "DROP TABLE entry",
        "DROP INDEX hold_owner",
    ],
)
def test_what_is_kept_beside_the_entries_is_checked_too(path: Path, identity: Identity, sql: str) -> None:
    if sql == "DROP TABLE entry":
        (path.parent / "journal.sum").unlink()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(sql)
    else:
        _forge(path, lambda c: c.execute(sql))
    report = verify_database(path, identity)
    assert not report.ok
    assert report.error


def test_the_log_of_another_peer_is_no_log_of_this_one(path: Path) -> None:
    report = verify_database(path, fixed_identity(2))
    assert not report.ok and "is the log of peer" in str(report.error)


def test_no_log_is_not_a_damaged_log(tmp_path: Path, identity: Identity) -> None:
    with pytest.raises(NotFound, match="no log here"):
        verify_database(database_path(tmp_path), identity)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE log SET size = 5",
        "UPDATE log SET frontier = x''",
        "DELETE FROM log",
        "UPDATE log SET origin = 'x'",
        "DELETE FROM checkpoint",
        "UPDATE checkpoint SET note = replace(note, '2100', '2101') WHERE size = 2100",
        "DELETE FROM entry WHERE seq = 2099",
    ],
)
async def test_nothing_is_built_on_a_damaged_log(path: Path, identity: Identity, sql: str) -> None:
    _forge(path, lambda c: c.execute(sql))
    with pytest.raises(ChorusError, match="damaged") as caught:
        async with open_journal(FakeNode(path.parent), identity):
            pass
    assert "chorus log verify" in caught.value.hint


@pytest.mark.parametrize("content", [b"x" * 8192, b"SQLite format 3\0" + b"x" * 8000])
async def test_a_file_that_is_no_database_is_refused_and_kept(
    tmp_path: Path, identity: Identity, content: bytes
) -> None:
    database_path(tmp_path).write_bytes(content)
    with pytest.raises(ChorusError, match="damaged"):
        async with open_journal(FakeNode(tmp_path), identity):
            pass
    assert database_path(tmp_path).read_bytes() == content
    assert not verify_database(database_path(tmp_path), identity).ok
