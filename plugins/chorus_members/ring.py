"""Whom a node keeps a link to: everybody while they are few, else neighbours and fingers on a ring. Pure.

The ring is the order of the peer ids. Two neighbours on each side keep it whole when any one peer dies, and
fingers at doubling distances make every other peer a few steps away.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

FULL: Final = 24
"""Peers, oneself included, up to which everybody keeps a link to everybody."""
SIDE: Final = 2


def neighbours(me: str, here: Sequence[str]) -> tuple[str, ...]:
    """Whom `me` links to, and who links to it. `here` are the other peers that are there, sorted."""
    if len(here) < FULL:
        return tuple(here)
    ring = sorted({*here, me})
    own = ring.index(me)
    steps = _steps(len(ring))
    picked = {ring[(own + sign * step) % len(ring)] for step in steps for sign in (1, -1)}
    return tuple(sorted(picked - {me}))


def beside(me: str, gone: str, here: Sequence[str]) -> bool:
    """Whether `me` is one of those who look whether `gone` has come back."""
    if len(here) < FULL:
        return True
    ring = sorted({*here, me} - {gone})
    place = bisect_left(ring, gone)
    return me in {ring[(place + step) % len(ring)] for step in range(-SIDE, SIDE)}


def _steps(size: int) -> list[int]:
    """Distances on a ring; taken both ways, a link that one end wants is wanted by the other too."""
    steps = list(range(1, SIDE + 1))
    while steps[-1] * 2 <= size // 2:
        steps.append(steps[-1] * 2)
    return steps
