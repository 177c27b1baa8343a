"""Tables of an owner: every step once, in order, all of them or none."""

import sqlite3

import pytest
import trio

from chorus_hooks.errors import Refused
from chorus_hooks.identity import Identity
from chorus_hooks.node import Node
from chorus_journal.journal import SqliteJournal, open_journal

FIRST = "CREATE TABLE thing (name TEXT) STRICT"
SECOND = "ALTER TABLE thing ADD COLUMN size INTEGER"


async def _columns(journal: SqliteJournal) -> list[str]:
    rows = await journal.read(lambda reader: reader.query("SELECT name FROM pragma_table_info('thing')"))
    return [name for (name,) in rows]


async def test_steps_run_once_and_in_order(journal: SqliteJournal) -> None:
    await journal.migrate("things", [FIRST])
    await journal.migrate("things", [FIRST])
    assert await _columns(journal) == ["name"]
    await journal.migrate("things", [FIRST, SECOND])
    assert await _columns(journal) == ["name", "size"]


async def test_owners_have_versions_of_their_own(journal: SqliteJournal) -> None:
    await journal.migrate("things", [FIRST, SECOND])
    await journal.migrate("others", ["CREATE TABLE other (name TEXT) STRICT"])
    await journal.migrate("things", [FIRST, SECOND])


async def test_a_step_that_fails_leaves_nothing_of_the_others(journal: SqliteJournal) -> None:
    with pytest.raises(sqlite3.OperationalError, match="syntax"):
        await journal.migrate("things", [FIRST, "ALTER TABEL thing"])
    assert await _columns(journal) == []
    await journal.migrate("things", [FIRST, SECOND])
    assert await _columns(journal) == ["name", "size"]


async def test_a_step_is_one_statement(journal: SqliteJournal) -> None:
    with pytest.raises(sqlite3.ProgrammingError, match="one statement"):
        await journal.migrate("things", [f"{FIRST}; {SECOND}"])


async def test_tables_of_a_newer_version_are_refused(journal: SqliteJournal) -> None:
    await journal.migrate("things", [FIRST, SECOND])
    with pytest.raises(Refused, match="newer version") as caught:
        await journal.migrate("things", [FIRST])
    assert "later" in caught.value.hint


async def test_a_database_of_a_newer_version_is_refused(node: Node, identity: Identity) -> None:
    async with open_journal(node, identity) as journal:
        await journal.write(lambda tx: tx.execute("UPDATE migration SET version = 99"))
    with pytest.raises(Refused, match="newer version"):
        async with open_journal(node, identity):
            pass


async def test_processes_that_migrate_at_once_run_each_step_once(node: Node, identity: Identity) -> None:
    async with (
        open_journal(node, identity) as one,
        open_journal(node, identity) as other,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(one.migrate, "things", [FIRST, SECOND])
        nursery.start_soon(other.migrate, "things", [FIRST, SECOND])
