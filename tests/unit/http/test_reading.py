"""Queries on the island: they see what is committed, change nothing, and give their connection back."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from chorus_hooks.errors import NotFound, Unreachable
from chorus_hooks.query import Query
from chorus_http.server.reading import READERS, Reading


@pytest.fixture
def anyio_backend() -> str:
    """A plain loop: the connections have threads."""
    return "asyncio"


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("CREATE TABLE t (n INTEGER)")
        yield connection


@asynccontextmanager
async def reading(tmp_path: Path) -> AsyncIterator[Reading]:
    made = Reading(tmp_path / "db")
    await made.open()
    try:
        async with asyncio.timeout(10):
            yield made
    finally:
        await made.close()


COUNT = Query("SELECT count(*) FROM t", (), lambda rows: rows[0][0])
ENDLESS = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT ?) SELECT max(n) FROM c"


async def test_what_is_committed_is_seen_at_once_and_what_is_not_is_not(
    tmp_path: Path, writer: sqlite3.Connection
) -> None:
    async with reading(tmp_path) as node:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO t VALUES (1)")
        assert await node.ask(COUNT) == 0
        writer.execute("COMMIT")
        assert await node.ask(COUNT) == 1


@pytest.mark.parametrize("sql", ["INSERT INTO t VALUES (1)", "PRAGMA user_version = 7"])
async def test_nothing_can_be_written(tmp_path: Path, writer: sqlite3.Connection, sql: str) -> None:
    async with reading(tmp_path) as node:
        with pytest.raises(Unreachable, match="database cannot be read"):
            await node.ask(Query(sql, (), list))
        assert await node.ask(Query("PRAGMA user_version", (), list)) == [(0,)]


async def test_a_question_that_fails_or_finds_nothing_costs_no_connection(
    tmp_path: Path, writer: sqlite3.Connection
) -> None:
    def nothing(rows: object) -> None:
        raise NotFound("no such row")

    async with reading(tmp_path) as node:
        for _ in range(2 * READERS):
            with pytest.raises(Unreachable):
                await node.ask(Query("SELECT nonsense", (), list))
            with pytest.raises(NotFound):
                await node.ask(Query("SELECT 1", (), nothing))
        assert await node.ask(COUNT) == 0


async def test_who_is_cancelled_costs_no_connection_and_gets_nobodys_answer(
    tmp_path: Path, writer: sqlite3.Connection
) -> None:
    async with reading(tmp_path) as node:
        for _ in range(2 * READERS):
            asking = asyncio.create_task(node.ask(Query(ENDLESS, (20_000,), list)))
            await asyncio.sleep(0)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        asked = [Query("SELECT ?", (number,), lambda rows: rows[0][0]) for number in range(20)]
        assert await asyncio.gather(*map(node.ask, asked)) == list(range(20))


async def test_a_long_question_does_not_hold_up_a_short_one(
    tmp_path: Path, writer: sqlite3.Connection
) -> None:
    async with reading(tmp_path) as node:
        long = asyncio.create_task(node.ask(Query(ENDLESS, (300_000,), list)))
        await asyncio.sleep(0)
        for _ in range(10):
            assert await node.ask(COUNT) == 0
        assert not long.done()
        assert await long == [(300_000,)]
