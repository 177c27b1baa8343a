"""Things on their way from the threads of zeroconf to the one of trio."""

import threading
from typing import Final, Generic, TypeVar

import trio

T = TypeVar("T")

MOST_WAITING: Final = 512
"""Anybody on the LAN can make things up faster than they are looked at; the oldest are lost then."""


class Crossing(Generic[T]):
    """A bounded set, the newest first. `put` from any thread, `next` in trio, by one task.

    The newest first, because a flood that came before somebody shall not keep him waiting.
    """

    def __init__(self) -> None:
        self._things: dict[T, None] = {}
        self._lock = threading.Lock()
        self._token = trio.lowlevel.current_trio_token()
        self._more = trio.Event()

    def put(self, thing: T) -> None:
        """Never blocks; once trio has ended, does nothing."""
        with self._lock:
            self._things.pop(thing, None)
            self._things[thing] = None
            if len(self._things) > MOST_WAITING:
                del self._things[next(iter(self._things))]
        try:
            self._token.run_sync_soon(self._wake, idempotent=True)
        except trio.RunFinishedError:
            return

    async def next(self) -> T:
        """What came last."""
        await trio.lowlevel.checkpoint()
        while True:
            self._more = trio.Event()
            with self._lock:
                if self._things:
                    return self._things.popitem()[0]
            await self._more.wait()

    def _wake(self) -> None:
        self._more.set()
