"""Connections to the journal's SQLite file, and the transactions on them."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from chorus_journal.faults import primary_code
from chorus_journal.flock import flock
from chorus_journal.seal import break_seal, has_wal

FILE: Final = "journal.db"
BUSY_TIMEOUT: Final = 5.0
"""Seconds to wait for another process's transaction. Those take milliseconds: after this, one hangs."""
READER_CACHE_KIB: Final = 256
"""Of each connection that reads. SQLite's own two MiB, for each thread that answers peers, hold what the
kernel holds anyway."""


def database_path(state_dir: Path) -> Path:
    """Where the journal of a state dir is."""
    return state_dir / FILE


def connect_writer(path: Path) -> sqlite3.Connection:
    """A connection that may write; makes an empty private file when there is none.

    WAL with synchronous=FULL: a commit that returned is on the disk. One thread at a time may use it.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = _connect(f"{path.as_uri()}?mode=rw")
    try:
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, also on a read-only disk. FileNotFoundError when there is no file."""
    path.stat()
    connection = _connect(f"{path.as_uri()}?mode=ro")
    try:
        connection.execute(f"PRAGMA cache_size = -{READER_CACHE_KIB}")
        connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if primary_code(error) != sqlite3.SQLITE_CANTOPEN or has_wal(path):
            raise
        # WAL needs a shared memory file, which a read-only directory cannot have. Without a WAL there
        # is no writer either, and the file can be read as it lies.
        return _connect(f"{path.as_uri()}?mode=ro&immutable=1")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def immediate(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """A write transaction: committed at the end, rolled back when the block raises."""
    begin_immediate(connection, path)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def begin_immediate(connection: sqlite3.Connection, path: Path) -> None:
    """Take the write lock.

    SQLite alone is unfair: who has just committed takes the lock again before one who polls for it wakes.
    So writers queue at a turnstile, and whoever holds it is next.
    """
    with flock(path.with_name("journal.turn"), exclusive=True):
        break_seal(path)
        connection.execute("BEGIN IMMEDIATE")


def roll_back(connection: sqlite3.Connection) -> None:
    """Undo the open transaction, if SQLite has not already done so."""
    if connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """A read transaction: all queries in it see one state of the database."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        roll_back(connection)


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT)


def _use_wal(connection: sqlite3.Connection) -> None:
    deadline = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            # Two first openers: SQLite does not call its busy handler for this change.
            if primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(0.005)
