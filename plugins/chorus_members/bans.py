"""Who broke the protocol, and for how long it stays out. Pure."""

from collections import OrderedDict
from typing import Final

TERMS_S: Final = (10.0, 60.0, 600.0)
FORGIVEN_S: Final = 3600.0
"""After so long without another offence the next one counts as the first."""
MOST: Final = 1024


class Bans:
    """Times are seconds. The oldest of too many is forgotten."""

    def __init__(self) -> None:
        self._bans: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def add(self, peer_id: str, now: float) -> float:
        """One more offence; for how many seconds it is out. More while it is out count as the same one."""
        count, until = self._bans.pop(peer_id, (0, now))
        if now < until:
            self._bans[peer_id] = count, until
            return until - now
        count = 0 if now - until >= FORGIVEN_S else count
        term = TERMS_S[min(count, len(TERMS_S) - 1)]
        self._bans[peer_id] = count + 1, now + term
        if len(self._bans) > MOST:
            self._bans.popitem(last=False)
        return term

    def holds(self, peer_id: str, now: float) -> bool:
        """Whether it is out."""
        return now < self._bans.get(peer_id, (0, now))[1]
