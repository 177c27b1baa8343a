"""What a peer says of itself, signed by it, so that nobody describes another one. Pure.

The signed text travels as it is: a newer version may have more fields in it, which older peers pass on. A
card belongs to one cluster, and the signature to this use of the key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
import rfc8785
from msgspec import Meta

from chorus_hooks.members import Kind

VERSION: Final = 1
DOMAIN: Final = b"chorus/member/1\n"
LARGEST: Final = 2**53 - 1
TEXT_LIMIT: Final = 4096
"""Characters of a card: sixteen addresses and thirty-two capabilities fit."""
MOST_ADDRESSES: Final = 16
MOST_CAPABILITIES: Final = 32

PeerId = Annotated[str, Meta(pattern="^[1-9A-HJ-NP-Za-km-z]{1,64}$")]
Boot = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
Address = Annotated[str, Meta(min_length=2, max_length=256, pattern="^/[!-~]+$")]
Word = Annotated[str, Meta(max_length=64)]

Sign = Callable[[bytes], bytes]
Verify = Callable[[str, bytes, bytes], bool]


class BadCard(ValueError):  # noqa: N818 - reads as what it is
    """No card of this cluster, or not signed by the peer that it describes."""


class StrangeCard(ValueError):  # noqa: N818
    """A card that this version cannot read; a later one may have made it."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A peer in one life. `incarnation` grows whenever it says something else, over restarts too."""

    v: Literal[1] = VERSION
    cluster: Annotated[str, Meta(max_length=64)]
    peer_id: PeerId
    boot: Boot
    incarnation: Annotated[int, Meta(ge=0, le=LARGEST)]
    agent_id: Annotated[str, Meta(max_length=100)]
    kind: Kind
    version: Annotated[str, Meta(max_length=64)]
    capabilities: Annotated[tuple[Word, ...], Meta(max_length=MOST_CAPABILITIES)] = ()
    addresses: Annotated[tuple[Address, ...], Meta(max_length=MOST_ADDRESSES)] = ()
    left: bool = False


@dataclass(frozen=True, slots=True)
class SignedCard:
    """A card with the very text that was signed."""

    card: Card
    text: str
    signature: bytes


_DECODER: Final = msgspec.json.Decoder(Card)


def seal(card: Card, sign: Sign) -> SignedCard:
    """Sign a card as canonical JSON (RFC 8785)."""
    encoded = rfc8785.dumps(msgspec.to_builtins(card))
    return SignedCard(card, encoded.decode(), sign(DOMAIN + encoded))


def open_card(text: str, signature: bytes, cluster: str, verify: Verify) -> SignedCard:
    """Read a card and check who signed it. Raises BadCard; StrangeCard when nobody is to blame."""
    if len(text) > TEXT_LIMIT:
        raise BadCard(f"a card of {len(text)} characters")
    try:
        encoded = text.encode()
        card = _DECODER.decode(encoded)
    except msgspec.ValidationError as error:
        raise StrangeCard(str(error)) from error
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadCard(f"no card: {error}") from error
    if card.cluster != cluster:
        raise BadCard("a card of another cluster")
    if not verify(card.peer_id, DOMAIN + encoded, signature):
        raise BadCard(f"a card of {card.peer_id} that it did not sign")
    return SignedCard(card, text, signature)
