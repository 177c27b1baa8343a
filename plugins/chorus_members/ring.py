"""Whom a node keeps a link to: everybody while they are few, else its neighbours in a skip graph. Pure.

The first ring has all peers in the order of their ids, the next one those whose digest begins with the same
bit as this node's, the next the same two bits, and so on (skip graphs, Aspnes and Shah, SODA 2003). Two
neighbours on each side of the first keep it whole when any one peer dies; one on each side of every further
ring makes all others a few steps away. One who comes or goes changes the links of few: those beside it.
"""

import hashlib
from bisect import bisect_left, insort
from typing import Final

FULL: Final = 24
"""Peers, oneself included, up to which everybody keeps a link to everybody."""
SIDE: Final = 2
_BITS: Final = 256


class Ring:
    """The peers that are there, seen from one of them, `me`, who always is."""

    def __init__(self, me: str) -> None:
        self._me = me
        self._own = _digest(me)
        self._rings: list[list[str]] = [[me]]

    @property
    def full(self) -> bool:
        """Whether everybody links to everybody."""
        return len(self._rings[0]) <= FULL

    def add(self, peer_id: str) -> None:
        """A peer is there."""
        for level in range(self._shared(peer_id) + 1):
            if level == len(self._rings):
                self._rings.append([self._me])
            if not _holds(self._rings[level], peer_id):
                insort(self._rings[level], peer_id)

    def remove(self, peer_id: str) -> None:
        """It is not there any more."""
        for ring in self._rings[: self._shared(peer_id) + 1]:
            if _holds(ring, peer_id):
                ring.remove(peer_id)

    def neighbours(self) -> tuple[str, ...]:
        """Whom `me` links to, and who links to it; sorted."""
        if self.full:
            return tuple(peer_id for peer_id in self._rings[0] if peer_id != self._me)
        picked: set[str] = set()
        for level, ring in enumerate(self._rings):
            own = bisect_left(ring, self._me)
            side = 1 if level else SIDE
            picked.update(ring[(own + step) % len(ring)] for step in range(-side, side + 1))
        return tuple(sorted(picked - {self._me}))

    def beside(self, gone: str) -> bool:
        """Whether `me` is one of those who look whether a peer that is gone has come back."""
        if self.full:
            return True
        ring = self._rings[0]
        place = bisect_left(ring, gone)
        return any(ring[(place + step) % len(ring)] == self._me for step in range(-SIDE, SIDE))

    def _shared(self, peer_id: str) -> int:
        """How many leading bits the digests have in common: the last ring that both are on."""
        return _BITS - (self._own ^ _digest(peer_id)).bit_length()


def _digest(peer_id: str) -> int:
    return int.from_bytes(hashlib.sha256(peer_id.encode()).digest())


def _holds(ring: list[str], peer_id: str) -> bool:
    place = bisect_left(ring, peer_id)
    return place < len(ring) and ring[place] == peer_id
