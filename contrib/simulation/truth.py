"""What each node was told is durable: what must be there for as long as a disk or a copy of it is."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field

from chorus_hooks.journal import Reader


def digest(body: bytes) -> str:
    """A short name of an entry."""
    return hashlib.sha256(body).hexdigest()[:16]


@dataclass
class Truth:
    """Entries by the origin of their journal and their number. `lost` are origins whose disk was lost.

    `holders` are, by the name of a blob, the nodes whose disk has it. `wrong` is what was seen to be broken.
    """

    entries: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    lost: set[str] = field(default_factory=set)
    holders: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    wrong: list[str] = field(default_factory=list)

    def acknowledged(self, origin: str, seq: int, entry: str) -> str | None:
        """A node was told that this entry is durable. What is wrong with that, if anything."""
        before = self.entries[origin].setdefault(seq, entry)
        return (
            None if before == entry else f"entry {seq} of {origin} was acknowledged twice, with other bytes"
        )

    def lose(self, origin: str, number: int) -> None:
        """The disk of a node is gone, with its journal and its blobs."""
        self.lost.add(origin)
        for holders in self.holders.values():
            holders.discard(number)

    def own(self, origin: str, log: dict[int, str]) -> str | None:
        """What is wrong with a node's own log: everything that was acknowledged must be in it."""
        return self._missing(origin, log, f"the log of {origin}", len(log))

    def copy(self, origin: str, log: dict[int, str], holder: str) -> str | None:
        """What is wrong with a copy: it may be behind, and is otherwise the same."""
        return self._missing(origin, log, f"the copy of {origin} at {holder}", len(log))

    def _missing(self, origin: str, log: dict[int, str], what: str, size: int) -> str | None:
        for seq, entry in self.entries[origin].items():
            if seq in log and log[seq] != entry:
                return f"{what} has other bytes as entry {seq}"
            if seq not in log and (seq < size or what.startswith("the log")):
                return f"{what} lacks entry {seq}, which was acknowledged"
        return None


def own_log(reader: Reader) -> dict[int, str]:
    """The node's own journal."""
    return {int(seq): digest(body) for seq, body in reader.query("SELECT seq, body FROM entry ORDER BY seq")}


def copies(reader: Reader) -> dict[str, dict[int, str]]:
    """The journals of others, by origin."""
    sql = "SELECT r.origin, e.seq, e.body FROM replica_entry e JOIN replica r ON r.id = e.replica"
    found: dict[str, dict[int, str]] = defaultdict(dict)
    for origin, seq, body in reader.query(f"{sql} ORDER BY r.origin, e.seq"):
        found[str(origin)][int(seq)] = digest(body)
    return dict(found)
