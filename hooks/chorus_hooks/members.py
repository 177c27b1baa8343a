"""Who is in the mesh, as this node sees it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["agent", "human"]
State = Literal["alive", "suspect", "dead", "left"]


@dataclass(frozen=True)
class Member:
    """A peer. `since` is when this node first saw it in its present life (Unix seconds).

    `boot` is a random name (32 hex digits) of that life: it changes with every start. `rtt_ms` is the round
    trip of a ping between it and this node, None when there was none. `suspect` still counts as there; `dead`
    did not answer and may come back; `left` said that it goes.
    """

    peer_id: str
    boot: str
    agent_id: str
    kind: Kind
    version: str
    capabilities: tuple[str, ...]
    state: State
    since: float
    addresses: tuple[str, ...]
    rtt_ms: float | None = None


@dataclass(frozen=True)
class JournalShare:
    """Of the journal that a peer writes now: how many entries it has, and how many of them are here."""

    size: int
    replicated: int


@dataclass(frozen=True)
class Peer:
    """A member as a command sees it. `journal` is None when nothing is known of it."""

    member: Member
    journal: JournalShare | None


class Peers(Protocol):
    """The members as a node tells them to whoever asks over its API."""

    async def list(self) -> tuple[Peer, ...]:
        """Everybody known, by peer id."""
        ...


class Members(Protocol):
    """The other peers; oneself is never among them."""

    def all(self) -> tuple[Member, ...]:
        """Everybody known, the dead of the last hour too, by peer id."""
        ...

    def find(self, peer_id: str) -> Member | None:
        """One of them."""
        ...

    def watch(self) -> AbstractAsyncContextManager[AsyncIterator[Member]]:
        """Everybody known, then each change of state, life or description. Round trips are no change.

        A slow reader misses what lies between, and sees the newest of each peer.
        """
        ...

    def accuse(self, peer_id: str, why: str) -> None:
        """It broke the protocol: name it in the log, hang up, and keep it out for a while that grows."""
        ...
