"""How much a node trusts its own clock and ears (Lifeguard, arXiv 1707.00788). Pure.

One that was late itself, or that misses several peers at once, is more likely slow than surrounded by the
dead: it gives everybody more time before it blames them.
"""

from typing import Final

WORST: Final = 4
"""Timeouts are stretched to five times at most."""
TOGETHER_S: Final = 1.0
"""Misses within such a time are one event."""


class LocalHealth:
    """A score from 0 (well) to WORST. Times are seconds."""

    def __init__(self) -> None:
        self._score = 0
        self._changed = float("-inf")
        self._missed: dict[str, float] = {}

    @property
    def score(self) -> int:
        """How bad it is."""
        return self._score

    @property
    def stretch(self) -> float:
        """What timeouts are multiplied by."""
        return 1.0 + self._score

    def late(self, now: float) -> None:
        """A timer of this node came late."""
        self._worsen(now)

    def missed(self, peer_id: str, watched: int, now: float) -> None:
        """A peer, one of `watched`, did not answer."""
        self._missed = {who: at for who, at in self._missed.items() if now - at < TOGETHER_S}
        self._missed[peer_id] = now
        if len(self._missed) > 1 and 2 * len(self._missed) >= watched:
            self._worsen(now)

    def answered(self, now: float) -> None:
        """A peer answered in time. Once a second that makes it better."""
        if self._score and now - self._changed >= TOGETHER_S:
            self._score -= 1
            self._changed = now

    def _worsen(self, now: float) -> None:
        self._changed = now
        self._score = min(self._score + 1, WORST)
