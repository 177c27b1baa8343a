"""Where peers may be. Discovery offers addresses; `Members` decides which of them to dial, and when."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

Origin = Literal["join", "bootstrap", "mdns", "remembered"]


@dataclass(frozen=True)
class Candidate:
    """An address (multiaddr) that may lead to a peer. `peer_id` is None when the address does not tell."""

    address: str
    peer_id: str | None
    origin: Origin


class Discovery(Protocol):
    """What is known of where peers are."""

    def candidates(self) -> AbstractAsyncContextManager[AsyncIterator[Candidate]]:
        """What is known now, then what is found. The same address may come again."""
        ...

    async def remember(self, peer_id: str, addresses: tuple[str, ...]) -> None:
        """These reached the peer: offer them after a restart. Replaces what was remembered of it."""
        ...
