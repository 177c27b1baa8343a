"""This node's own card: signed anew whenever it says something else, or takes back what others say."""

from dataclasses import dataclass

import msgspec

from chorus_hooks.members import Kind
from chorus_members.card import LARGEST, MOST_ADDRESSES, MOST_CAPABILITIES, Card, Sign, SignedCard, seal


@dataclass(frozen=True)
class Description:
    """What stays the same for the life of a process."""

    cluster: str
    peer_id: str
    boot: str
    agent_id: str
    kind: Kind
    version: str
    capabilities: tuple[str, ...] = ()


class Own:
    """`incarnation` is where to begin: Unix milliseconds, so that each start is above the one before.

    Where the clock was set back, or lies, the first peer that remembers makes it right: see `outdo`.
    """

    def __init__(
        self, description: Description, addresses: tuple[str, ...], incarnation: int, sign: Sign
    ) -> None:
        self._sign = sign
        card = Card(
            cluster=description.cluster,
            peer_id=description.peer_id,
            boot=description.boot,
            incarnation=min(max(incarnation, 0), LARGEST),
            agent_id=description.agent_id[:100],
            kind=description.kind,
            version=description.version[:64],
            capabilities=tuple(word[:64] for word in description.capabilities[:MOST_CAPABILITIES]),
            addresses=addresses[:MOST_ADDRESSES],
        )
        self.signed = seal(card, sign)

    @property
    def peer_id(self) -> str:
        """Who this is."""
        return self.signed.card.peer_id

    def outdo(self, incarnation: int) -> SignedCard | None:
        """A card above an incarnation that others hold; None when there is no greater number."""
        if incarnation >= LARGEST:
            return None
        self._renew(incarnation=incarnation + 1)
        return self.signed

    def move(self, addresses: tuple[str, ...]) -> bool:
        """Where this node is to be dialled now; whether that is news."""
        addresses = addresses[:MOST_ADDRESSES]
        if addresses == self.signed.card.addresses:
            return False
        self._renew(incarnation=self._following(), addresses=addresses)
        return True

    def leave(self) -> SignedCard:
        """The last card of this life."""
        self._renew(incarnation=self._following(), left=True)
        return self.signed

    def _following(self) -> int:
        return min(self.signed.card.incarnation + 1, LARGEST)

    def _renew(self, **changes: object) -> None:
        self.signed = seal(msgspec.structs.replace(self.signed.card, **changes), self._sign)
