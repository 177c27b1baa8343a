"""The log inside one open write transaction: where it stands, what is appended, the signed end."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Final

from chorus_hooks.failpoint import failpoint
from chorus_hooks.identity import Identity
from chorus_hooks.journal import Checkpoint
from chorus_journal.checkpoint import parse_checkpoint, sign_checkpoint
from chorus_journal.entry import encode_entry
from chorus_journal.merkle import HASH_SIZE, Frontier, leaf_hash

NEWEST_CHECKPOINT: Final = "SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1"
MILESTONE: Final = 1024
"""Of the checkpoints, the newest is kept, and the first one in every so many entries."""


class Log:
    """Appends to the log, then seals it. Good for one transaction.

    Where the log stands is read under the write lock, each time: other processes append to it, too.
    """

    def __init__(self, connection: sqlite3.Connection, identity: Identity, now: Callable[[], str]) -> None:
        self._connection = connection
        self._identity = identity
        self._now = now
        self._origin, self._frontier = read_head(connection)
        self._sealed = self._frontier.size

    def append(self, type: str, data: Mapping[str, object], ref: str | None) -> int:
        """Add one entry; returns its sequence number. Raises UsageError when it is not canonical."""
        seq = self._frontier.size
        body = encode_entry(log=self._origin, seq=seq, ts=self._now(), type=type, data=data, ref=ref)
        leaf = leaf_hash(body)
        self._connection.execute("INSERT INTO entry VALUES (?, ?, ?)", (seq, leaf, body))
        tiles = [(tile.level, tile.index, tile.hash) for tile in self._frontier.add(leaf)]
        self._connection.executemany("INSERT INTO tile VALUES (?, ?, ?)", tiles)
        failpoint("journal.append")
        return seq

    def mark(self) -> Frontier:
        """Where the log stands, to come back to."""
        return self._frontier.copy()

    def rewind(self, mark: Frontier) -> None:
        """Forget what was appended since: its rows were rolled back."""
        self._frontier = mark

    def seal(self) -> None:
        """Write down where the log stands now, and sign it. Does nothing when nothing was appended."""
        frontier = self._frontier
        if frontier.size == self._sealed:
            return
        self._connection.execute(
            "UPDATE log SET size = ?, frontier = ?", (frontier.size, b"".join(frontier.hashes))
        )
        checkpoint = sign_checkpoint(self._origin, frontier.size, frontier.root(), self._identity)
        put_checkpoint(self._connection, checkpoint)
        self._connection.execute(
            "DELETE FROM checkpoint WHERE size = ?1 AND EXISTS"
            " (SELECT 1 FROM checkpoint WHERE size < ?1 AND size / ?2 = ?1 / ?2)",
            (self._sealed, MILESTONE),
        )
        self._sealed = frontier.size


def begin_log(connection: sqlite3.Connection, origin: str, identity: Identity) -> None:
    """Make an empty log, with the signed checkpoint that says so."""
    empty = Frontier()
    connection.execute("INSERT INTO log VALUES (1, ?, 0, x'')", (origin,))
    put_checkpoint(connection, sign_checkpoint(origin, 0, empty.root(), identity))


def read_head(connection: sqlite3.Connection) -> tuple[str, Frontier]:
    """The log's origin and frontier. Raises sqlite3.DatabaseError or ValueError when they are damaged."""
    row = connection.execute("SELECT origin, size, frontier FROM log").fetchone()
    if row is None:
        raise ValueError("it has no log")
    origin, size, joined = row
    hashes = [joined[i : i + HASH_SIZE] for i in range(0, len(joined), HASH_SIZE)]
    return origin, Frontier(size, hashes)


def newest_checkpoint(connection: sqlite3.Connection) -> Checkpoint:
    """The last checkpoint, its signature not checked. Raises ValueError when there is none."""
    row = connection.execute(NEWEST_CHECKPOINT).fetchone()
    if row is None:
        raise ValueError("it has no checkpoint")
    return parse_checkpoint(row[0])


def put_checkpoint(connection: sqlite3.Connection, checkpoint: Checkpoint) -> None:
    """Keep a checkpoint."""
    connection.execute("INSERT INTO checkpoint VALUES (?, ?)", (checkpoint.size, checkpoint.note))
