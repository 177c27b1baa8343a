"""The tables of the journal, and how any owner's tables are brought up to date."""

from collections.abc import Sequence
from typing import Final, Protocol

from chorus_hooks.errors import Refused
from chorus_hooks.journal import Reader

OWNER: Final = "journal"
STEPS: Final = (
    # One row. `frontier` are the hashes of the Merkle frontier, `size` many leaves long.
    "CREATE TABLE log (only INTEGER PRIMARY KEY CHECK (only = 1), origin TEXT NOT NULL,"
    " size INTEGER NOT NULL, frontier BLOB NOT NULL) STRICT",
    # `leaf` is the leaf hash of `body`: what damages one of them shows in which entry.
    "CREATE TABLE entry (seq INTEGER PRIMARY KEY, leaf BLOB NOT NULL, body BLOB NOT NULL) STRICT",
    "CREATE TRIGGER entry_kept BEFORE DELETE ON entry"
    " BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END",
    "CREATE TRIGGER entry_unchanged BEFORE UPDATE ON entry"
    " BEGIN SELECT RAISE(ABORT, 'entries never change'); END",
    # Hashes of complete subtrees at every eighth level, see chorus_journal.merkle.
    "CREATE TABLE tile (level INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL,"
    " PRIMARY KEY (level, position)) STRICT, WITHOUT ROWID",
    "CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT",
    "CREATE TABLE hold (sha256 TEXT NOT NULL, owner TEXT NOT NULL,"
    " PRIMARY KEY (sha256, owner)) STRICT, WITHOUT ROWID",
    "CREATE INDEX hold_owner ON hold (owner)",
    # A checkpoint of this very log, signed by its node, that the entries here do not lead to: whoever finds
    # one writes it down, and nothing is appended any more (see chorus_journal.overtaken).
    "CREATE TABLE overtaken (only INTEGER PRIMARY KEY CHECK (only = 1), note TEXT NOT NULL) STRICT",
)
FIRST_STEPS: Final = 8
"""Steps that every database was made with; what says less is damaged, what says more was upgraded."""
_VERSIONS: Final = (
    "CREATE TABLE IF NOT EXISTS migration (owner TEXT PRIMARY KEY, version INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID"
)


class Tables(Reader, Protocol):
    """A database in a write transaction."""

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Change it."""
        ...


def is_current(database: Reader, owner: str, steps: Sequence[str]) -> bool:
    """Whether every step of `owner` was run. Raises Refused when more were run than `steps` has."""
    known = database.query("SELECT 1 FROM sqlite_schema WHERE name = 'migration'")
    return bool(known) and _version(database, owner, steps) == len(steps)


def upgrade(database: Tables, owner: str, steps: Sequence[str]) -> None:
    """Run the steps of `owner` that were not run yet, inside the open transaction: all of them or none."""
    database.execute(_VERSIONS)
    for step in steps[_version(database, owner, steps) :]:
        database.execute(step)
    database.execute("INSERT OR REPLACE INTO migration VALUES (?, ?)", (owner, len(steps)))


def _version(database: Reader, owner: str, steps: Sequence[str]) -> int:
    rows = database.query("SELECT version FROM migration WHERE owner = ?", (owner,))
    version = int(rows[0][0]) if rows else 0
    if version > len(steps):
        raise Refused(
            f"the tables of {owner} were written by a newer version of CHORUS"
            f" (schema {version}, this one knows {len(steps)})",
            hint="use that version or a later one on this state dir",
        )
    return version
