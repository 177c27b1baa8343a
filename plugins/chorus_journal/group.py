"""Group commit: many jobs, one transaction, one wait for the disk. Blocks; used by one thread."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chorus_hooks.failpoint import failpoint
from chorus_hooks.identity import Identity
from chorus_hooks.journal import Transaction
from chorus_journal.database import begin_immediate, roll_back
from chorus_journal.faults import damaged, is_disk_fault, translate
from chorus_journal.log import Log
from chorus_journal.transaction import SqliteTransaction


@dataclass(eq=False)
class Work:
    """One job, and after it ran, what came of it: a value or an error."""

    job: Callable[[Transaction], Any]
    value: Any = None
    error: BaseException | None = None


class GroupCommit:
    """Runs jobs on one connection. A job that raises is undone alone; a disk that fails, fails them all."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, identity: Identity, now: Callable[[], str]
    ) -> None:
        self._connection = connection
        self._path = path
        self._identity = identity
        self._now = now

    def run(self, group: Sequence[Work]) -> None:
        """Run and commit the jobs; every one then has its value or error. Never raises."""
        try:
            begin_immediate(self._connection, self._path)
            failpoint("journal.begin")
            transaction = SqliteTransaction(self._connection, self._open_log)
            for work in group:
                self._attempt(work, transaction)
            transaction.seal()
            failpoint("journal.commit.before")
            self._connection.execute("COMMIT")
            failpoint("journal.commit.after")
        except BaseException as error:
            roll_back(self._connection)
            self._fail(group, error)

    def _attempt(self, work: Work, transaction: SqliteTransaction) -> None:
        self._connection.execute("SAVEPOINT job")
        mark = transaction.mark()
        try:
            work.value = work.job(transaction)
        except BaseException as error:
            if is_disk_fault(error):
                raise
            work.error = error
            transaction.rewind(mark)
            self._connection.execute("ROLLBACK TO job")
        self._connection.execute("RELEASE job")

    def _fail(self, group: Sequence[Work], cause: BaseException) -> None:
        for work in group:
            if work.error is None:
                work.error = translate(cause, self._path) or cause
                if work.error is not cause:
                    work.error.__cause__ = cause

    def _open_log(self) -> Log:
        try:
            return Log(self._connection, self._identity, self._now)
        except ValueError as error:
            raise damaged(self._path, str(error)) from error
