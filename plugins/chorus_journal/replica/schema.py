"""The tables of the copies."""

from typing import Final

OWNER: Final = "replica"
STEPS: Final = (
    # One row for each journal of another node. `frontier` is that of `size` entries, which take `length`
    # bytes; `note` is the newest checkpoint that they reach, `beyond` (JSON) a statement on those after it.
    "CREATE TABLE replica (id INTEGER PRIMARY KEY, origin TEXT NOT NULL UNIQUE, peer TEXT NOT NULL,"
    " size INTEGER NOT NULL, frontier BLOB NOT NULL, length INTEGER NOT NULL, note TEXT, beyond TEXT,"
    " forked INTEGER NOT NULL DEFAULT 0) STRICT",
    "CREATE INDEX replica_peer ON replica (peer)",
    "CREATE TABLE replica_entry (replica INTEGER NOT NULL, seq INTEGER NOT NULL, leaf BLOB NOT NULL,"
    " body BLOB NOT NULL, PRIMARY KEY (replica, seq)) STRICT, WITHOUT ROWID",
    "CREATE TRIGGER replica_entry_kept BEFORE DELETE ON replica_entry"
    " BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END",
    "CREATE TRIGGER replica_entry_unchanged BEFORE UPDATE ON replica_entry"
    " BEGIN SELECT RAISE(ABORT, 'entries never change'); END",
    "CREATE TABLE replica_tile (replica INTEGER NOT NULL, level INTEGER NOT NULL, position INTEGER NOT NULL,"
    " hash BLOB NOT NULL, PRIMARY KEY (replica, level, position)) STRICT, WITHOUT ROWID",
    # Two statements (JSON) that a node signed and that cannot both be true.
    "CREATE TABLE replica_evidence (origin TEXT PRIMARY KEY, first TEXT NOT NULL, second TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID",
)
