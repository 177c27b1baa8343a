"""Copies of other nodes' journals, and of blobs that are elsewhere."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from chorus_hooks.blob import Blob


@dataclass(frozen=True)
class Replica:
    """What is here of one journal. `origin` is as in `Checkpoint`; `size` entries are signed by its node,
    `replicated` of them are here. `forked` when its node signed two histories: it is then quarantined.
    """

    origin: str
    peer_id: str
    size: int
    replicated: int
    forked: bool = False


class Replicas(Protocol):
    """The journals of others. Their entries are in `replica_entry`, for `Journal.read`."""

    def all(self) -> tuple[Replica, ...]:
        """Every journal that is known, by origin: a peer has one for each disk that it had."""
        ...

    def arrivals(self) -> AbstractAsyncContextManager[AsyncIterator[Mapping[str, int]]]:
        """How many entries are here, by origin: now, and whenever more have come. Coalesced."""
        ...


class Fetcher(Protocol):
    """Brings blobs here from the peers that hold them."""

    async def fetch(self, sha256: str, *, holders: tuple[str, ...] = ()) -> Blob:
        """The blob, from here or from peers (`holders` first), checked; resumes what an earlier try left.

        Raises NotFound when nobody who can be reached has it, Full when there is no room.
        """
        ...
