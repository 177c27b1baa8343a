"""How many calls of one peer are answered at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from chorus_hooks.errors import Busy


class CallLimit:
    """`most` for each peer: each call may hold memory of ours for as long as the peer reads slowly."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._calls: Counter[str] = Counter()

    @contextmanager
    def one_of(self, peer_id: str) -> Iterator[None]:
        """While one more is answered. Raises Busy when that would be too many."""
        if self._calls[peer_id] >= self._most:
            raise Busy("too many calls at once", retry_after=1.0)
        self._calls[peer_id] += 1
        try:
            yield
        finally:
            self._calls[peer_id] -= 1
            if not self._calls[peer_id]:
                del self._calls[peer_id]
