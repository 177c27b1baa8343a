"""What this node knows of every journal: how far it is here, how far it goes, and who has it. Pure.

It decides what is fetched next and from whom, and sees when a node has signed two histories of one size.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from chorus_hooks.journal import Checkpoint
from chorus_hooks.replica import Replica
from chorus_journal.checkpoint import origin_peer
from chorus_journal.replica.copied import Copied

ORIGINS: Final = 4096
"""Journals that are taken at most: a peer could make up keys for ever."""
ASKED: Final = 4
"""Journals that are fetched from one peer at once."""
_CLAIMS: Final = 8
_RECENT: Final = 64


class Heard(Enum):
    """What a checkpoint that a peer showed comes to."""

    KNOWN = "known"
    NEW = "new"
    """It goes further than what is here."""
    CHECK = "check"
    """It is of an earlier size: whether what is here begins with it must be looked up."""
    FORKED = "forked"
    """Another checkpoint of this size has another root: see `Board.claim`."""
    REFUSED = "refused"
    """There are too many journals."""


@dataclass
class _Journal:
    copied: Copied
    claims: dict[int, Checkpoint] = field(default_factory=dict)
    holders: dict[str, int] = field(default_factory=dict)
    recent: OrderedDict[int, bytes] = field(default_factory=OrderedDict)
    busy: bool = False
    barred: bool = False
    changed: int = 0


class Board:
    """All journals. `revision` grows with every change that others may want to hear of."""

    def __init__(self) -> None:
        self.revision = 0
        self.own: Checkpoint | None = None
        self._own_changed = 0
        self._own_recent: OrderedDict[int, bytes] = OrderedDict()
        self._journals: dict[str, _Journal] = {}
        self._asked: dict[str, int] = {}

    @property
    def length(self) -> int:
        """Bytes of all entries of others that are here."""
        return sum(journal.copied.length for journal in self._journals.values())

    def load(self, copied: Copied) -> None:
        """A copy is here, as the database says."""
        journal = self._journals.setdefault(copied.origin, _Journal(copied))
        journal.copied = copied
        self.revision += 1
        journal.changed = self.revision

    def grow(self, own: Checkpoint) -> None:
        """The node's own journal is such now."""
        self.own = own
        self.revision += 1
        self._own_changed = self.revision
        _remember(self._own_recent, own)

    def is_own(self, checkpoint: Checkpoint) -> bool:
        """Whether the node's own journal was such of late."""
        return self._own_recent.get(checkpoint.size) == checkpoint.root

    def hear(self, checkpoint: Checkpoint, peer_id: str | None) -> Heard:
        """Its node signed this; `peer_id` has all entries of it, when it is one that can be asked."""
        journal = self._journals.get(checkpoint.origin)
        if journal is None:
            if len(self._journals) >= ORIGINS:
                return Heard.REFUSED
            journal = self._journals[checkpoint.origin] = _Journal(Copied(checkpoint.origin))
            self.revision += 1
        if peer_id is not None:
            journal.holders[peer_id] = checkpoint.size
        if journal.copied.forked:
            return Heard.KNOWN
        if checkpoint.size > journal.copied.size:
            return self._claim(journal, checkpoint)
        if checkpoint.size == 0 or journal.recent.get(checkpoint.size) == checkpoint.root:
            return Heard.KNOWN
        # What lies beyond the newest whole checkpoint is proved against a later one, and is checked with it.
        return Heard.CHECK if checkpoint.size <= journal.copied.reached else Heard.KNOWN

    def claim(self, origin: str, size: int) -> Checkpoint | None:
        """A checkpoint of this size that was shown, beyond what is here."""
        journal = self._journals.get(origin)
        return journal.claims.get(size) if journal else None

    def claims(self, origin: str) -> dict[int, Checkpoint]:
        """All such checkpoints."""
        journal = self._journals.get(origin)
        return dict(journal.claims) if journal else {}

    def checked(self, checkpoint: Checkpoint) -> None:
        """What is here begins with it: it need not be looked up again."""
        _remember(self._journals[checkpoint.origin].recent, checkpoint)

    def copied(self, origin: str) -> Copied:
        """How much of a journal is here."""
        journal = self._journals.get(origin)
        return journal.copied if journal else Copied(origin)

    def advance(self, copied: Copied) -> None:
        """More of it is here."""
        journal = self._journals[copied.origin]
        whole = copied.whole if copied.whole != journal.copied.whole else None
        journal.copied = copied
        self.revision += 1
        journal.claims = {size: claim for size, claim in journal.claims.items() if size > copied.size}
        if whole is not None:
            _remember(journal.recent, whole)
            journal.changed = self.revision

    def bar(self, origin: str) -> None:
        """Take no more of a journal in this life: its node writes what is no journal."""
        self._journals[origin].barred = True

    def begin(self) -> tuple[str, str] | None:
        """A journal to fetch and the peer to ask, until `end`; None when there is nothing to do.

        Journals take turns. Its own node is asked first, then whoever has most of it.
        """
        for origin, journal in self._journals.items():
            peer_id = self._holder(origin, journal)
            if peer_id is not None:
                journal.busy = True
                self._asked[peer_id] = self._asked.get(peer_id, 0) + 1
                self._journals[origin] = self._journals.pop(origin)
                return origin, peer_id
        return None

    def end(self, origin: str, peer_id: str, *, failed: bool) -> None:
        """The fetch is over. A peer that failed is asked again once it shows its heads again."""
        journal = self._journals[origin]
        journal.busy = False
        self._asked[peer_id] -= 1
        if not self._asked[peer_id]:
            del self._asked[peer_id]
        if failed:
            journal.holders.pop(peer_id, None)

    def gone(self, peer_id: str) -> None:
        """The peer cannot be asked any more."""
        for journal in self._journals.values():
            journal.holders.pop(peer_id, None)

    def heads(self, since: int = 0) -> list[Checkpoint]:
        """Of all journals that are here up to a checkpoint, those that changed after revision `since`."""
        found = [self.own] if self.own is not None and self._own_changed > since else []
        copies = (journal for journal in self._journals.values() if journal.changed > since)
        return found + [journal.copied.whole for journal in copies if journal.copied.whole is not None]

    def all(self) -> tuple[Replica, ...]:
        """Every journal, by origin."""
        return tuple(_replica(self._journals[origin]) for origin in sorted(self._journals))

    def sizes(self) -> Iterator[tuple[str, int]]:
        """How many entries are here, by origin."""
        return ((origin, self._journals[origin].copied.size) for origin in sorted(self._journals))

    def _claim(self, journal: _Journal, checkpoint: Checkpoint) -> Heard:
        other = journal.claims.get(checkpoint.size)
        if other is not None:
            return Heard.KNOWN if other.root == checkpoint.root else Heard.FORKED
        journal.claims[checkpoint.size] = checkpoint
        if len(journal.claims) > _CLAIMS:
            del journal.claims[min(journal.claims)]
        self.revision += 1
        return Heard.NEW

    def _holder(self, origin: str, journal: _Journal) -> str | None:
        if journal.busy or journal.barred or journal.copied.forked:
            return None
        able = {
            peer: size
            for peer, size in journal.holders.items()
            if size > journal.copied.size and self._asked.get(peer, 0) < ASKED
        }
        owner = origin_peer(origin)
        return owner if owner in able else max(able, key=lambda peer: (able[peer], peer), default=None)


def _remember(recent: OrderedDict[int, bytes], checkpoint: Checkpoint) -> None:
    recent[checkpoint.size] = checkpoint.root
    if len(recent) > _RECENT:
        recent.popitem(last=False)


def _replica(journal: _Journal) -> Replica:
    copied = journal.copied
    return Replica(
        origin=copied.origin,
        peer_id=origin_peer(copied.origin),
        size=max([copied.size, *journal.claims]),
        replicated=copied.size,
        forked=copied.forked,
    )
