"""What is claimed of one life of a peer, and which of two claims counts. Pure.

A card is its own peer's word, so `alive` and `left` can be said by nobody else. That it is suspect or dead
is the word of others, about exactly one incarnation: the peer takes it back by a greater one. The order is
total, so peers that have heard the same, in whatever order and however often, hold the same.
"""

from dataclasses import dataclass, replace
from typing import Final

from chorus_hooks.members import State
from chorus_members.card import BadCard, SignedCard

RANK: Final[dict[State, int]] = {"alive": 0, "suspect": 1, "dead": 2, "left": 3}

Key = tuple[int, str, str, int]


@dataclass(frozen=True, slots=True)
class Claim:
    """A card, and the state of the peer that it describes."""

    signed: SignedCard
    state: State

    @property
    def peer_id(self) -> str:
        """Of whom."""
        return self.signed.card.peer_id

    @property
    def key(self) -> Key:
        """The greater one counts: the newer word of the peer, and then the worse word of others.

        Boot and text only decide between two cards of one incarnation, which an honest peer never makes.
        """
        card = self.signed.card
        return card.incarnation, card.boot, self.signed.text, RANK[self.state]

    @property
    def here(self) -> bool:
        """Whether the peer counts as there."""
        return self.state in ("alive", "suspect")

    def said(self, state: State) -> "Claim":
        """The same card with another state."""
        return replace(self, state=state)


def claim_of(signed: SignedCard, state: State = "alive") -> Claim:
    """A claim; a peer that said that it goes has left, whatever others say of it.

    Raises BadCard when it is said to have left, and did not say so.
    """
    if signed.card.left:
        return Claim(signed, "left")
    if state == "left":
        raise BadCard("only a peer itself says that it left")
    return Claim(signed, state)
