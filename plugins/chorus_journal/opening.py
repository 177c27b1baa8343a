"""Opening the database: made when it is new, checked when it is not, refused when it is another's."""

import os
import sqlite3
from pathlib import Path

from chorus_hooks.errors import Refused
from chorus_hooks.failpoint import failpoint
from chorus_hooks.identity import Identity
from chorus_journal.checkpoint import make_origin, open_checkpoint, origin_peer
from chorus_journal.database import connect_writer, immediate, snapshot
from chorus_journal.faults import damaged, translate
from chorus_journal.log import begin_log, newest_checkpoint, read_head
from chorus_journal.schema import OWNER, STEPS, is_current, upgrade
from chorus_journal.transaction import SqliteViews


def open_database(path: Path, identity: Identity) -> sqlite3.Connection:
    """The writing connection of this process. Blocks.

    Raises Refused when the disk is full or read-only, when the log belongs to another identity or to a
    newer version, ChorusError when the database is damaged or stays locked; nothing is half-written.
    """
    try:
        connection = connect_writer(path)
        try:
            _prepare(connection, path, identity)
            _check(connection, path, identity)
        except BaseException:
            connection.close()
            raise
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
        raise translate(error, path) or error from error
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, identity: Identity) -> None:
    database = SqliteViews(connection)
    if is_current(database, OWNER, STEPS):
        return
    with immediate(connection, path):
        failpoint("journal.create")
        upgrade(database, OWNER, STEPS)
        if not database.query("SELECT 1 FROM log"):
            begin_log(connection, make_origin(identity.peer_id, os.urandom(16)), identity)


def _check(connection: sqlite3.Connection, path: Path, identity: Identity) -> None:
    """Refuse to build on what does not hold: a new signature would cover the damage up."""
    try:
        with snapshot(connection):
            origin, frontier = read_head(connection)
            owner = origin_peer(origin)
            checkpoint = newest_checkpoint(connection)
            (last,) = connection.execute("SELECT max(seq) FROM entry").fetchone()
        if owner != identity.peer_id:
            raise _foreign(path, owner, identity.peer_id)
        open_checkpoint(checkpoint.note, identity)
    except ValueError as error:
        raise damaged(path, str(error)) from error
    entries = 0 if last is None else last + 1
    stated = (checkpoint.origin, checkpoint.size, checkpoint.root)
    if stated != (origin, frontier.size, frontier.root()) or entries != frontier.size:
        raise damaged(path, "its newest checkpoint does not cover its entries")


def _foreign(path: Path, owner: str, peer_id: str) -> Refused:
    return Refused(
        f"{path} is the log of peer {owner}, but the identity key is that of {peer_id}",
        hint="put that peer's identity.key back, or move journal.db away to begin a new log",
    )
