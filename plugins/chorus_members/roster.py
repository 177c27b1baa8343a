"""Everybody that was heard of: one claim a peer, the dead and those who left for an hour more. Pure.

Times are seconds on any clock that does not step back.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chorus_members.card import SignedCard
from chorus_members.claim import Claim

KEPT_S: Final = 3600.0
"""How long one who is gone is remembered."""
SUSPECT_S: Final = 120.0
"""A suspicion that nobody confirmed or lifted for so long is a death: whoever had it may be gone as well."""
MOST: Final = 2048
"""Peers at most: whoever knows the secret can make as many keys as it likes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A claim, since when its life is known here, and since when its state holds anywhere."""

    claim: Claim
    since: float
    state_since: float


class Roster:
    """Merges claims. Those of oneself are in it too, so that others hear them."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._entries: dict[str, Entry] = {}
        self._digests: dict[str, bytes] = {}
        self._texts: dict[str, SignedCard] = {}
        self._gone: set[str] = set()
        self._root: str | None = None

    def merge(self, claim: Claim, now: float, age: float = 0.0) -> bool:
        """Take a claim whose state holds for `age` seconds by now; whether it says something new."""
        if not claim.here and age >= KEPT_S:
            return False
        known = self._entries.get(claim.peer_id)
        if known is not None and claim.key <= known.claim.key:
            return False
        if known is None and len(self._entries) >= self._most and not self._make_room():
            return False
        boot = claim.signed.card.boot
        same_life = known is not None and known.claim.signed.card.boot == boot
        since = known.since if known is not None and same_life else now
        self._put(Entry(claim, since, now - age))
        return True

    def get(self, peer_id: str) -> Entry | None:
        """What is known of a peer."""
        return self._entries.get(peer_id)

    def card(self, text: str) -> SignedCard | None:
        """A card that is here already, so that its signature needs no check."""
        return self._texts.get(text)

    def entries(self) -> Iterator[Entry]:
        """All, by peer id."""
        for _, entry in sorted(self._entries.items()):
            yield entry

    def gone(self) -> tuple[str, ...]:
        """Who is not there, sorted."""
        return tuple(sorted(self._gone))

    def expire(self, now: float) -> tuple[Claim, ...]:
        """Forget who is gone for long; returns suspicions that have become deaths by their age."""
        died: list[Claim] = []
        for entry in list(self.entries()):
            age = now - entry.state_since
            if not entry.claim.here and age >= KEPT_S:
                self._drop(entry.claim.peer_id)
            elif entry.claim.state == "suspect" and age >= SUSPECT_S:
                claim = entry.claim.said("dead")
                self._put(Entry(claim, entry.since, now))
                died.append(claim)
        return tuple(died)

    def root(self) -> str:
        """A digest of all claims: two rosters that have the same one hold the same."""
        if self._root is None:
            parts = (part for _, part in sorted(self._digests.items()))
            self._root = hashlib.sha256(b"".join(parts)).hexdigest()
        return self._root

    def _make_room(self) -> bool:
        if not self._gone:
            return False
        gone = (self._entries[peer_id] for peer_id in self._gone)
        oldest = min(gone, key=lambda entry: (entry.state_since, entry.claim.peer_id))
        self._drop(oldest.claim.peer_id)
        return True

    def _put(self, entry: Entry) -> None:
        if (before := self._entries.get(entry.claim.peer_id)) is not None:
            del self._texts[before.claim.signed.text]
        self._entries[entry.claim.peer_id] = entry
        self._texts[entry.claim.signed.text] = entry.claim.signed
        card = entry.claim.signed.card
        told = f"{card.peer_id} {card.incarnation} {card.boot} {entry.claim.state}"
        self._digests[card.peer_id] = hashlib.sha256(told.encode()).digest()
        if entry.claim.here:
            self._gone.discard(card.peer_id)
        else:
            self._gone.add(card.peer_id)
        self._root = None

    def _drop(self, peer_id: str) -> None:
        del self._texts[self._entries.pop(peer_id).claim.signed.text]
        del self._digests[peer_id]
        self._gone.discard(peer_id)
        self._root = None
