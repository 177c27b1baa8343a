"""Which bytes of a file are there. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator


class Spans:
    """Ranges from `start` to before `end` that neither touch nor overlap, in order."""

    def __init__(self, spans: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in spans:
            self.add(start, end)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._starts, self._ends, strict=True))

    @property
    def length(self) -> int:
        """Bytes in all of them."""
        return sum(self._ends) - sum(self._starts)

    def add(self, start: int, end: int) -> None:
        """These are there, too. Raises ValueError when they are none."""
        if not 0 <= start < end:
            raise ValueError(f"no span: {start} to {end}")
        first, last = bisect_left(self._ends, start), bisect_right(self._starts, end)
        if first < last:
            start, end = min(start, self._starts[first]), max(end, self._ends[last - 1])
        self._starts[first:last], self._ends[first:last] = [start], [end]

    def gaps(self, size: int) -> Iterator[tuple[int, int]]:
        """What is missing of a file of `size` bytes."""
        at = 0
        for start, end in (*self, (size, size)):
            if at < min(start, size):
                yield at, min(start, size)
            at = end
