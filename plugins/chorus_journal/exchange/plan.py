"""Which bytes of a blob come from which holder. Pure.

Each holder gets a range at a time. One that has nothing left to do takes over the second half of the range of
which most is missing, so that all end together, however fast each of them is.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

RANGE: Final = 4 << 20
"""Bytes that a holder is asked for at once."""
HALVED: Final = 512 << 10
"""A range of which less is missing is left to the one who has it."""


@dataclass
class Range:
    """From the next byte that is awaited to before `end`, which comes nearer when another takes over."""

    at: int
    end: int

    @property
    def left(self) -> int:
        """Bytes that are missing."""
        return self.end - self.at


class Plan:
    """What is missing, and who brings it."""

    def __init__(self, gaps: Iterable[tuple[int, int]]) -> None:
        self._open = deque(Range(start, end) for start, end in gaps)
        self._given: dict[str, Range] = {}

    @property
    def done(self) -> bool:
        """Whether nothing is missing."""
        return not self._open and not self._given

    def give(self, holder: str) -> Range | None:
        """A range for a holder that has none, until `end`; None when all others are given, for now."""
        if self._open:
            given = self._cut(self._open[0])
        else:
            longest = max(self._given.values(), key=lambda one: one.left, default=None)
            if longest is None or longest.left < HALVED:
                return None
            middle = longest.at + longest.left // 2
            given = Range(middle, longest.end)
            longest.end = middle
        self._given[holder] = given
        return given

    def end(self, holder: str) -> None:
        """The holder does not go on with its range: what is missing of it, others may have."""
        given = self._given.pop(holder)
        if given.left:
            self._open.appendleft(given)

    def _cut(self, first: Range) -> Range:
        if first.left <= RANGE:
            return self._open.popleft()
        given = Range(first.at, first.at + RANGE)
        first.at = given.end
        return given
