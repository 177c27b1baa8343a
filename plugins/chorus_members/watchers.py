"""Readers inside this process that follow the members: each sees the newest of every peer."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

import trio

from chorus_hooks.members import Member


class _Watcher:
    def __init__(self, first: tuple[Member, ...]) -> None:
        self.pending = {member.peer_id: member for member in first}
        self.news = trio.Event()
        if first:
            self.news.set()


class Watchers:
    """What waits for a reader is one member a peer at most."""

    def __init__(self, everybody: Callable[[], tuple[Member, ...]]) -> None:
        self._everybody = everybody
        self._watchers: dict[_Watcher, None] = {}

    def changed(self, member: Member) -> None:
        """Tell all readers."""
        for watcher in self._watchers:
            watcher.pending[member.peer_id] = member
            watcher.news.set()

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[AsyncIterator[Member]]:
        """Everybody, then each change."""
        watcher = _Watcher(self._everybody())
        self._watchers[watcher] = None
        try:
            async with aclosing(_read(watcher)) as members:
                yield members
        finally:
            del self._watchers[watcher]


async def _read(watcher: _Watcher) -> AsyncGenerator[Member, None]:
    while True:
        await watcher.news.wait()
        watcher.news = trio.Event()
        pending, watcher.pending = watcher.pending, {}
        for member in pending.values():
            yield member
