"""What crossed the network, by node and by what it was for."""

from dataclasses import dataclass


@dataclass
class Tally:
    """Messages (pieces of a stream, copies of a topic message) and their bytes."""

    messages: int = 0
    bytes: int = 0

    def add(self, size: int) -> None:
        """Count one more."""
        self.messages += 1
        self.bytes += size


class Traffic:
    """Counts what nodes send, by name: a protocol, a topic, or `connection` for what keeps them together."""

    def __init__(self) -> None:
        self._sent: dict[tuple[str, str], Tally] = {}
        self._dropped: dict[tuple[str, str], Tally] = {}

    def sent(self, peer_id: str | None = None, name: str | None = None) -> Tally:
        """What a node sent, or all of them, for one purpose, or for all."""
        return _sum(self._sent, peer_id, name)

    def dropped(self, peer_id: str | None = None, name: str | None = None) -> Tally:
        """What a node's readers of a topic lost because they were slow."""
        return _sum(self._dropped, peer_id, name)

    def names(self) -> tuple[str, ...]:
        """What there was traffic for, sorted."""
        return tuple(sorted(dict.fromkeys(name for _, name in self._sent)))

    def clear(self) -> None:
        """Begin to count anew."""
        self._sent.clear()
        self._dropped.clear()

    def count(self, peer_id: str, name: str, size: int) -> None:
        """A node sends something."""
        self._sent.setdefault((peer_id, name), Tally()).add(size)

    def drop(self, peer_id: str, name: str, size: int) -> None:
        """A reader at a node loses something."""
        self._dropped.setdefault((peer_id, name), Tally()).add(size)


def _sum(tallies: dict[tuple[str, str], Tally], peer_id: str | None, name: str | None) -> Tally:
    total = Tally()
    for (peer, what), tally in tallies.items():
        if peer_id in (None, peer) and name in (None, what):
            total.messages += tally.messages
            total.bytes += tally.bytes
    return total
