"""Reading the node's database on the island: answers that need no trip to the other side."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Final, TypeVar

import aiosqlite

from chorus_hooks.errors import Unreachable
from chorus_hooks.query import Query

T = TypeVar("T")

READERS: Final = 3
"""A long page is read in one thread while others answer; more of them would share one interpreter."""
BUSY_S: Final = 2.0
"""Readers of a WAL wait for nobody but a recovery after a crash."""
CACHE_KIB: Final = 256
"""Of each connection; what SQLite does not keep, the kernel does."""


class Reading:
    """A few read-only connections, each with a thread of its own. They cannot hold up the writer."""

    def __init__(self, database: Path) -> None:
        self._uri = f"{database.as_uri()}?mode=ro"
        self._idle: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        self._open: list[aiosqlite.Connection] = []

    async def open(self) -> None:
        """Connect."""
        for _ in range(READERS):
            connection = await aiosqlite.connect(self._uri, uri=True, isolation_level=None, timeout=BUSY_S)
            self._open.append(connection)
            await connection.execute("PRAGMA query_only = 1")
            await connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            self._idle.put_nowait(connection)

    async def ask(self, query: Query[T]) -> T:
        """The answer to a query. Raises what its fold raises; Unreachable when the file cannot be read."""
        connection = await self._idle.get()
        try:
            rows = await connection.execute_fetchall(query.sql, query.parameters)
        except sqlite3.Error as error:
            raise Unreachable(f"the node's database cannot be read: {error}", hint="chorus doctor") from error
        finally:
            self._idle.put_nowait(connection)
        return query.fold([tuple(row) for row in rows])

    async def close(self) -> None:
        """Disconnect."""
        while self._open:
            await self._open.pop().close()
