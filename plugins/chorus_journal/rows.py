"""Where the rows of one log are: the node's own, or the copy of another node's."""

from dataclasses import dataclass
from typing import Any, Final

from chorus_hooks.errors import ChorusError
from chorus_hooks.journal import Reader
from chorus_journal.merkle import TILE_HEIGHT, fold

_LAST: Final = 1 << 62


@dataclass(frozen=True)
class Rows:
    """Entries and kept hashes of a log. `condition` picks its rows, with the parameters `key`."""

    entries: str
    tiles: str
    condition: str = ""
    key: tuple[int, ...] = ()

    def bodies(self, reader: Reader, start: int, end: int | None, limit: int) -> list[tuple[int, bytes]]:
        """Entries from `start` up to `end` (not included), at most `limit`, each with its number."""
        return [(seq, body) for seq, body in self._entries(reader, "seq, body", start, end, limit)]

    def lengths(self, reader: Reader, start: int, end: int, limit: int) -> list[int]:
        """The bytes of entries, which are not read for that."""
        return [length for (length,) in self._entries(reader, "length(body)", start, end, limit)]

    def subtree_hash(self, reader: Reader, level: int, index: int) -> bytes:
        """The hash of a complete subtree, from the 255 kept hashes below it at most."""
        kept = level - level % TILE_HEIGHT
        count = 1 << (level - kept)
        first = index * count
        rows = self._kept(reader, kept, first, count)
        if len(rows) != count:
            raise damaged_log(f"{count - len(rows)} hashes are missing at level {kept}")
        return fold([hash for (hash,) in rows])

    def _kept(self, reader: Reader, level: int, first: int, count: int) -> list[Any]:
        if level == 0:
            return self._entries(reader, "leaf", first, first + count, count)
        return reader.query(
            f"SELECT hash FROM {self.tiles} WHERE {self.condition} level = ? AND position >= ?"  # noqa: S608
            " AND position < ? ORDER BY position",
            (*self.key, level, first, first + count),
        )

    def _entries(self, reader: Reader, what: str, start: int, end: int | None, limit: int) -> list[Any]:
        return reader.query(
            f"SELECT {what} FROM {self.entries} WHERE {self.condition} seq >= ? AND seq < ?"  # noqa: S608
            " ORDER BY seq LIMIT ?",
            (*self.key, start, _LAST if end is None else end, limit),
        )


OWN: Final = Rows("entry", "tile")
"""The log of this node."""


def copy(replica: int) -> Rows:
    """The copy of another log, by its number in the table `replica`."""
    return Rows("replica_entry", "replica_tile", "replica = ? AND", (replica,))


def damaged_log(why: str) -> ChorusError:
    """The database does not hold what was written there."""
    return ChorusError(f"the log is damaged: {why}", hint="see how far it goes with `chorus log verify`")
