"""What one event loop hands to another that lives in another thread."""

from collections import deque
from collections.abc import Callable

Callback = Callable[[], object]


class Mailbox:
    """Callbacks for the other loop. Many that come close together wake it once: each waking is a system call,
    at which the two threads wait for each other.

    `wake` is that loop's own way to be called from another thread. What it raises when the loop has ended
    passes through.
    """

    def __init__(self, wake: Callable[[Callback], object]) -> None:
        self._wake = wake
        self._waiting: deque[Callback] = deque()
        self._woken = False

    def post(self, callback: Callback) -> None:
        """Have it called over there, soon, in the order of posting. It must not raise."""
        self._waiting.append(callback)
        if not self._woken:
            self._woken = True
            try:
                self._wake(self._deliver)
            except BaseException:
                self.end()
                raise

    def end(self) -> None:
        """The loop has ended: who posts from now on is told so by `wake`."""
        self._woken = False
        self._waiting.clear()

    def _deliver(self) -> None:
        self._woken = False  # before the first is taken: what comes from now on wakes again
        for _ in range(len(self._waiting)):
            self._waiting.popleft()()
