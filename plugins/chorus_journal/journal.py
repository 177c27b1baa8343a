"""The provider of `Journal`: one SQLite file, its writer thread, its readers."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

import trio

from chorus_hooks.identity import Identity
from chorus_hooks.journal import Checkpoint, Reader, Transaction
from chorus_hooks.node import Node
from chorus_journal.checkpoint import parse_checkpoint
from chorus_journal.database import database_path
from chorus_journal.group import GroupCommit
from chorus_journal.log import NEWEST_CHECKPOINT
from chorus_journal.opening import open_database
from chorus_journal.readers import Readers
from chorus_journal.schema import is_current, upgrade
from chorus_journal.seal import in_use, seal
from chorus_journal.writer import Commit, Queue, Writer

T = TypeVar("T")

STOP_TIMEOUT: Final = 8.0
"""Seconds for the last commits; longer than one wait for a lock, shorter than the service's own limit."""
OTHERS_S: Final = 0.25
"""Seconds between two looks at what other processes appended."""


def utc_now() -> str:
    """This moment in RFC 3339, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class SqliteJournal:
    """The log of one state dir, and the views beside it. `now` and `writer` may be simulated."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        identity: Identity,
        *,
        now: Callable[[], str] = utc_now,
        writer: Callable[[Commit], Queue] = Writer,
    ) -> None:
        self.database = path
        self._writer = writer(GroupCommit(connection, path, identity, now).run)
        self._readers = Readers(path)
        self._connection = connection

    async def write(self, job: Callable[[Transaction], T]) -> T:
        """Run `job` in the writer thread; returns after its changes are on disk."""
        return await self._writer.submit(job)

    async def read(self, job: Callable[[Reader], T]) -> T:
        """Run `job` on a snapshot, in a worker thread, beside the writer."""
        return await self._readers.read(job)

    async def migrate(self, owner: str, steps: Sequence[str]) -> None:
        """Bring `owner`'s tables up to date, in one transaction; costs one read when they are."""
        if not await self.read(lambda database: is_current(database, owner, steps)):
            await self.write(lambda database: upgrade(database, owner, steps))

    async def checkpoint(self) -> Checkpoint:
        """The newest signed checkpoint."""
        ((note,),) = await self.read(lambda database: database.query(NEWEST_CHECKPOINT))
        return parse_checkpoint(note)

    async def grown(self, size: int) -> Checkpoint:
        """The newest signed checkpoint, once the log has more than `size` entries."""
        while True:
            committed = self._writer.committed  # before the look: a commit after it is not missed
            checkpoint = await self.checkpoint()
            if checkpoint.size > size:
                return checkpoint
            with trio.move_on_after(OTHERS_S):
                await committed.wait()

    async def aclose(self) -> None:
        """Finish the writes that were taken, then close the file."""
        with trio.move_on_after(STOP_TIMEOUT, shield=True):
            await self._writer.aclose()
            self._readers.close()
            await trio.to_thread.run_sync(self._connection.close)


@asynccontextmanager
async def open_journal(node: Node, identity: Identity) -> AsyncIterator[SqliteJournal]:
    """The journal of a node's state dir; see `open_database` for what is refused."""
    path = database_path(node.state_dir)
    leaving = ExitStack()  # what is to be done once the lock is let go: only when the database was whole
    async with _blocking(leaving), _blocking(in_use(path)):
        connection = await trio.to_thread.run_sync(open_database, path, identity)
        journal = SqliteJournal(path, connection, identity)
        try:
            yield journal
        finally:
            await journal.aclose()
            leaving.callback(seal, path)


@asynccontextmanager
async def _blocking(context: AbstractContextManager[object]) -> AsyncIterator[None]:
    """A context that is entered and left in a worker thread."""
    await trio.to_thread.run_sync(context.__enter__)
    try:
        yield
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(context.__exit__, None, None, None)
