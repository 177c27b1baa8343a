"""What a node has of the journals of others, as its database says."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

_SIZE = "SELECT size FROM replica WHERE peer = ?"
_HAS = (
    "SELECT 1 FROM replica_entry e JOIN replica r ON r.id = e.replica"
    " WHERE r.peer = ? AND e.seq >= ? AND instr(CAST(e.body AS TEXT), ?) LIMIT 1"
)


class Copies:
    """Reads beside the node that writes."""

    def __init__(self, reader: sqlite3.Connection) -> None:
        self._reader = reader

    def size(self, peer_id: str) -> int:
        """How many entries of a peer's journals are here."""
        return sum(size for (size,) in self._query(_SIZE, peer_id))

    def has(self, peer_id: str, text: str, since: int = 0) -> bool:
        """Whether an entry of a peer's journal, numbered `since` or later, holds this text."""
        return bool(self._query(_HAS, peer_id, since, text))

    def _query(self, sql: str, *parameters: object) -> list[Any]:
        return self._reader.execute(sql, parameters).fetchall()


@contextmanager
def copies(state_dir: Path) -> Iterator[Copies]:
    """The copies of a node that has been started."""
    where = f"file:{state_dir / 'journal.db'}?mode=ro"
    with closing(sqlite3.connect(where, uri=True, isolation_level=None)) as reader:
        yield Copies(reader)
