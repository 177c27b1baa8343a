"""Peers that are told what changes: the newest of each change, once, and not back to whom it came from."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import trio

from chorus_members.claim import Claim, Key
from chorus_members.message import Rumour, batches
from chorus_members.roster import MOST

_MOST_KNOWN: Final = 2 * MOST


class Follower:
    """One of them. What waits is a name a peer, so it is never more than the roster."""

    def __init__(self) -> None:
        self._pending: dict[str, None] = {}
        self._known: dict[str, Key] = {}
        self._news = trio.Event()
        self.scope = trio.CancelScope()

    def knows(self, claim: Claim) -> None:
        """It said this itself, or was told."""
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[claim.peer_id] = claim.key

    def changed(self, claim: Claim) -> None:
        """There is news, unless it knows."""
        if self._known.get(claim.peer_id) != claim.key:
            self._pending[claim.peer_id] = None
            self._news.set()

    async def next(self, rumour: Callable[[str], tuple[Claim, Rumour] | None]) -> list[tuple[Rumour, ...]]:
        """Wait for news; all of it, in portions."""
        await self._news.wait()
        self._news = trio.Event()
        pending, self._pending = self._pending, {}
        told: list[Rumour] = []
        for peer_id in pending:
            found = rumour(peer_id)
            if found is not None and self._known.get(peer_id) != found[0].key:
                self.knows(found[0])
                told.append(found[1])
        return list(batches(told))


class Followers:
    """All of them, one a peer."""

    def __init__(self) -> None:
        self._followers: dict[str, Follower] = {}

    @contextmanager
    def joined(self, peer_id: str) -> Iterator[Follower]:
        """A peer follows; when it had done so already, that ends."""
        if (before := self._followers.get(peer_id)) is not None:
            before.scope.cancel()
        follower = self._followers[peer_id] = Follower()
        try:
            yield follower
        finally:
            if self._followers.get(peer_id) is follower:
                del self._followers[peer_id]

    def changed(self, claim: Claim) -> None:
        """Tell all."""
        for follower in self._followers.values():
            follower.changed(claim)

    def knows(self, peer_id: str, claim: Claim) -> None:
        """A peer said this."""
        if (follower := self._followers.get(peer_id)) is not None:
            follower.knows(claim)
