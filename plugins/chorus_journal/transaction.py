"""What a job sees of the database: the providers of `Reader` and `Transaction`."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence

from chorus_hooks.errors import UsageError
from chorus_hooks.journal import Row
from chorus_journal.blob_name import check_name
from chorus_journal.log import Log
from chorus_journal.merkle import Frontier
from chorus_journal.overtaken import check_overtaken


class SqliteReader:
    """Queries on one connection, inside a transaction that somebody else opened."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of one SELECT."""
        return self._connection.execute(sql, tuple(parameters)).fetchall()


class SqliteViews(SqliteReader):
    """Queries and changes, inside a write transaction that somebody else opened."""

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Change a view; returns the number of rows changed."""
        return self._connection.execute(sql, tuple(parameters)).rowcount


class SqliteTransaction(SqliteViews):
    """What a group of jobs shares: each reads and changes what those before it left."""

    def __init__(self, connection: sqlite3.Connection, open_log: Callable[[], Log]) -> None:
        super().__init__(connection)
        self._open_log = open_log
        self._log: Log | None = None

    def append(self, type: str, data: Mapping[str, object], *, ref: str | None = None) -> int:
        """Add a fact to the log; returns its sequence number."""
        if self._log is None:
            check_overtaken(self)
            self._log = self._open_log()
        return self._log.append(type, data, ref)

    def hold(self, sha256: str, owner: str) -> None:
        """Keep a blob for as long as `owner` holds it."""
        check_name(sha256)
        if not owner:
            raise UsageError("a blob is held by somebody", hint="name an owner, such as task:<id>")
        self.execute("INSERT OR IGNORE INTO hold VALUES (?, ?)", (sha256, owner))

    def release(self, owner: str) -> None:
        """Let go of every blob that `owner` holds."""
        self.execute("DELETE FROM hold WHERE owner = ?", (owner,))

    def mark(self) -> Frontier | None:
        """Where the log stands; None when nobody has appended yet."""
        return self._log.mark() if self._log else None

    def rewind(self, mark: Frontier | None) -> None:
        """Forget the log entries of a job whose rows were rolled back."""
        if mark is None:
            self._log = None
        elif self._log is not None:
            self._log.rewind(mark)

    def seal(self) -> None:
        """Sign what the jobs appended."""
        if self._log is not None:
            self._log.seal()
