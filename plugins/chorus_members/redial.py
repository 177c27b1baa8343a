"""When to dial whom again: at once, then ever more slowly, and never not at all. Pure.

Eight seconds are the longest pause, so that what was cut is whole within ten after it heals. After an hour of
failures it is a minute: then nobody waits.
"""

import random
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

FIRST_S: Final = 0.1
LONGEST_S: Final = 8.0
RARE_S: Final = 60.0
RARE_AFTER_S: Final = 3600.0
HURRY_S: Final = 1.0
"""Nothing makes a target be dialled more often than that."""
BUSY_S: Final = 30.0
"""A dial that has neither failed nor succeeded by then is tried again."""


@dataclass(slots=True)
class _Target:
    at: float
    since: float
    failures: int = 0
    tried: float = float("-inf")


class Redials:
    """Targets are peer ids, or addresses of which nobody knows where they lead. Times are seconds."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._targets: dict[str, _Target] = {}

    def __contains__(self, target: str) -> bool:
        return target in self._targets

    def only(self, targets: Collection[str], now: float) -> None:
        """Dial these and no others; those that are new, at once."""
        for target in sorted(targets):
            self._targets.setdefault(target, _Target(now, now))
        self._targets = {target: found for target, found in self._targets.items() if target in targets}

    def hurry(self, target: str, now: float) -> None:
        """There is reason to think that it answers now: begin again with short pauses."""
        found = self._targets.get(target)
        if found is not None and now - found.tried >= HURRY_S:
            found.failures = min(found.failures, 1)
            found.at = min(found.at, now + self._jittered(FIRST_S))

    def hurry_all(self, now: float) -> None:
        """The same for all of them."""
        for target in self._targets:
            self.hurry(target, now)

    def forget(self, target: str) -> None:
        """It is linked, or not wanted any more."""
        self._targets.pop(target, None)

    def reached(self, target: str, now: float) -> None:
        """A dial succeeded: if no link follows, because both ends dialled at once, look again soon."""
        if (found := self._targets.get(target)) is not None:
            found.at = now + HURRY_S

    def due(self, now: float) -> tuple[str, ...]:
        """What to dial now. Each is told once, until `failed`."""
        due = tuple(sorted(target for target, found in self._targets.items() if found.at <= now))
        for target in due:
            self._targets[target].at, self._targets[target].tried = now + BUSY_S, now
        return due

    def failed(self, target: str, now: float) -> None:
        """A dial came to nothing."""
        if (found := self._targets.get(target)) is not None:
            longest = LONGEST_S if now - found.since < RARE_AFTER_S else RARE_S
            found.at = now + self._jittered(min(FIRST_S * 2.0 ** min(found.failures, 20), longest))
            found.failures += 1

    def next_at(self) -> float:
        """When something is due."""
        return min((found.at for found in self._targets.values()), default=float("inf"))

    def _jittered(self, pause: float) -> float:
        return pause * self._rng.uniform(0.5, 1.0)
