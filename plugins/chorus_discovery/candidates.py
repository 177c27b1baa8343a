"""What is known of where peers are, and whoever reads it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import trio

from chorus_hooks.discovery import Candidate, Origin

MOST_HEARD: Final = 256
"""Candidates of the LAN that are kept: anybody there can say that he is a hundred thousand peers."""
MOST_PENDING: Final = 1024
"""What a reader that does not read may have waiting."""


class Candidates:
    """Keeps candidates, and tells each reader all of them and then every new one."""

    def __init__(self) -> None:
        self._known: dict[Candidate, None] = {}
        self._readers: dict[_Reader, None] = {}

    def add(self, candidate: Candidate) -> None:
        """Know of it, and tell the readers, also when it was known: it was found once more."""
        self._known.pop(candidate, None)
        self._known[candidate] = None
        if candidate.origin == "mdns":
            self._forget_oldest()
        for reader in self._readers:
            reader.tell(candidate)

    def replace(self, origin: Origin, peer_id: str, addresses: tuple[str, ...]) -> None:
        """These are the candidates of a peer by one origin now; readers know already."""
        for old in [known for known in self._known if (known.origin, known.peer_id) == (origin, peer_id)]:
            del self._known[old]
        self._known |= {Candidate(address, peer_id, origin): None for address in addresses}

    def keep_only(self, origin: Origin, peers: frozenset[str]) -> None:
        """Drop the candidates of an origin that lead to other peers."""
        for old in [k for k in self._known if k.origin == origin and k.peer_id not in peers]:
            del self._known[old]

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncIterator[Candidate]]:
        """What is known now, then what is found."""
        with self._reading() as reader:
            yield reader

    @contextmanager
    def _reading(self) -> "Iterator[_Reader]":
        reader = _Reader(self._known)
        self._readers[reader] = None
        try:
            yield reader
        finally:
            del self._readers[reader]

    def _forget_oldest(self) -> None:
        heard = [known for known in self._known if known.origin == "mdns"]
        for old in heard[: max(0, len(heard) - MOST_HEARD)]:
            del self._known[old]


class _Reader(AsyncIterator[Candidate]):
    """One reader, with what it has not read yet; of what waits too long the oldest is lost."""

    def __init__(self, known: dict[Candidate, None]) -> None:
        self._pending = dict(known)
        self._more = trio.Event()

    def tell(self, candidate: Candidate) -> None:
        """It may be told again."""
        self._pending.pop(candidate, None)
        self._pending[candidate] = None
        if len(self._pending) > MOST_PENDING:
            del self._pending[next(iter(self._pending))]
        self._more.set()

    async def __anext__(self) -> Candidate:
        await trio.lowlevel.checkpoint()
        while not self._pending:
            self._more = trio.Event()
            await self._more.wait()
        candidate = next(iter(self._pending))
        del self._pending[candidate]
        return candidate
