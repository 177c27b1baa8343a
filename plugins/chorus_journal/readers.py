"""Read-only connections for jobs in worker threads, beside the writer."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import trio

from chorus_hooks.journal import Reader
from chorus_journal.database import connect_reader, snapshot
from chorus_journal.faults import translate
from chorus_journal.transaction import SqliteReader

T = TypeVar("T")

READERS: Final = 8
"""Reads at once. More would fight for the interpreter, not gain time."""


class Readers:
    """A pool of connections, opened when they are needed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._limit = trio.CapacityLimiter(READERS)
        self._idle: list[sqlite3.Connection] = []

    async def read(self, job: Callable[[Reader], T]) -> T:
        """Run `job` on a snapshot in a worker thread. Raises what it raises."""
        return await trio.to_thread.run_sync(self._read, job, limiter=self._limit)

    def close(self) -> None:
        """Close the connections. No read may be running."""
        while self._idle:
            self._idle.pop().close()

    def _read(self, job: Callable[[Reader], T]) -> T:
        connection = self._take()
        try:
            with snapshot(connection):
                return job(SqliteReader(connection))
        except sqlite3.Error as error:
            raise translate(error, self._path) or error from error
        finally:
            self._idle.append(connection)

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            pass
        try:
            return connect_reader(self._path)
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            raise translate(error, self._path) or error from error
