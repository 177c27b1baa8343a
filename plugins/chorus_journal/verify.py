"""Reading a whole database and telling whether it is what was written. Blocks; changes nothing."""

import base64
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from chorus_hooks.errors import NotFound
from chorus_hooks.identity import Identity
from chorus_hooks.journal import Checkpoint
from chorus_journal.audit import Audit, Damage, Report, signed_roots
from chorus_journal.checkpoint import open_checkpoint, origin_peer
from chorus_journal.database import connect_reader, snapshot
from chorus_journal.faults import primary_code, translate
from chorus_journal.log import read_head
from chorus_journal.schema import FIRST_STEPS, OWNER, STEPS
from chorus_journal.seal import is_broken

_NO_DAMAGE: Final = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
)

_UNLIKE_ITS_SUM: Final = (
    "the entries are whole, but the file is not as it was closed: its SHA-256 is not that of journal.sum"
    " (remove journal.sum if it was changed on purpose)"
)


def verify_database(path: Path, identity: Identity) -> Report:
    """Check every entry and checkpoint, the tree, the owner, and the structure of the file itself.

    Damage is reported, not raised. Raises NotFound when there is no log, ChorusError when it cannot be
    read for another reason: this user may not, or another process keeps it locked.
    """
    check = DatabaseCheck(identity)
    try:
        with closing(connect_reader(path)) as connection, check.finding():
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            with snapshot(connection):
                check.run(connection)
        if not check.damages and is_broken(path):
            check.damages.append(Damage(_UNLIKE_ITS_SUM))
    except sqlite3.DatabaseError as error:
        if primary_code(error) in _NO_DAMAGE:
            raise translate(error, path) or error from error
        check.damages.append(Damage(str(error)))
    except UnicodeDecodeError as error:  # SQLite quotes a damaged schema, and sqlite3 cannot decode it
        check.damages.append(Damage(f"its schema is unreadable: {error.object!r}"))
    except FileNotFoundError:
        raise NotFound(f"there is no log here yet: {path}", hint="chorus run makes one") from None
    except OSError as error:
        raise translate(error, path) or error from error
    return check.report()


class DatabaseCheck:
    """Runs the checks in the order in which they name the damage best, and stops when there is some."""

    def __init__(self, identity: Identity) -> None:
        self.damages: list[Damage] = []
        self._identity = identity
        self._origin: str | None = None
        self._signed: list[Checkpoint] = []
        self._audit: Audit | None = None

    def run(self, connection: sqlite3.Connection) -> None:
        """All checks, on one snapshot."""
        for check in (self._head, self._checkpoints, self._entries):
            with self.finding():
                check(connection)
        for check in (self._tree, self._schema, self._pages):
            if not self.damages:
                with self.finding():
                    check(connection)

    @contextmanager
    def finding(self) -> Iterator[None]:
        """Keeps what the block finds."""
        try:
            yield
        except Damage as damage:
            self.damages.append(damage)
        except sqlite3.DatabaseError as error:
            if primary_code(error) in _NO_DAMAGE:
                raise
            self.damages.append(Damage(str(error)))
        except (ValueError, TypeError) as error:
            self.damages.append(Damage(str(error)))

    def report(self) -> Report:
        """What came of it; an entry that has a name comes first."""
        self.damages.sort(key=lambda damage: damage.seq is None)
        first = self.damages[0] if self.damages else None
        newest = self._signed[-1] if self._signed else None
        return Report(
            ok=first is None,
            size=newest.size if newest else 0,
            root=base64.b64encode(newest.root).decode() if newest else None,
            checked=self._audit.frontier.size if self._audit else 0,
            first_bad=first.seq if first else None,
            error=first.text if first else None,
        )

    def _head(self, connection: sqlite3.Connection) -> None:
        self._origin, _ = read_head(connection)
        owner = origin_peer(self._origin)
        if owner != self._identity.peer_id:
            raise Damage(f"it is the log of peer {owner}, not of {self._identity.peer_id}")

    def _checkpoints(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute("SELECT size, note FROM checkpoint ORDER BY size").fetchall()
        for size, note in rows:
            try:
                checkpoint = open_checkpoint(note, self._identity)
            except (ValueError, TypeError) as error:
                raise Damage(f"the checkpoint of size {size} is damaged: {error}") from None
            if checkpoint.size != size:
                raise Damage(f"the checkpoint of size {size} says {checkpoint.size}")
            self._signed.append(checkpoint)
        if not self._signed:
            raise Damage("it has no checkpoint")

    def _entries(self, connection: sqlite3.Connection) -> None:
        origin = self._origin or (self._signed[-1].origin if self._signed else None)
        if origin is None:
            return
        self._audit = audit = Audit(origin, signed_roots(self._signed, origin))
        try:
            audit.fold_rows(connection.execute("SELECT seq, leaf, body FROM entry ORDER BY seq"))
        except (sqlite3.DatabaseError, TypeError) as error:
            seq = audit.frontier.size
            raise Damage(f"entry {seq} cannot be read: {error}", seq) from error
        if not self.damages:
            audit.end()

    def _tree(self, connection: sqlite3.Connection) -> None:
        if self._audit is None:
            return
        _, frontier = read_head(connection)
        if (frontier.size, frontier.hashes) != (self._audit.frontier.size, self._audit.frontier.hashes):
            raise Damage("the kept frontier of the tree is not that of the entries")
        kept = connection.execute("SELECT level, position, hash FROM tile ORDER BY level, position")
        tiles = sorted((tile.level, tile.index, tile.hash) for tile in self._audit.tiles)
        if kept.fetchall() != tiles:
            raise Damage("the kept hashes of the tree are not those of the entries")

    def _schema(self, connection: sqlite3.Connection) -> None:
        present = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_schema")}
        ((version,),) = connection.execute("SELECT version FROM migration WHERE owner = ?", (OWNER,))
        for step in STEPS[: max(version, FIRST_STEPS)]:
            if step not in present:
                raise Damage(f"the database lacks: {step}")

    def _pages(self, connection: sqlite3.Connection) -> None:
        (first, *_) = connection.execute("PRAGMA integrity_check(1)").fetchall()
        if first != ("ok",):
            raise Damage(f"the structure of the file is damaged: {first[0]}")
