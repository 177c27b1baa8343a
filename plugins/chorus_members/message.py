"""What peers ask each other on `/chorus/members/1`, and what they answer: JSON objects. Pure.

    ping      do you answer? with what is said against you, if anything is     -> pong
    probe     do you reach this peer?                                          -> reached
    follow    tell me what changes, from now on                                -> news, without end
    compare   is this the digest of your roster?                               -> summary
    fetch     your claims on these peers                                       -> news
    tell      claims of mine                                                   -> (empty)

Unknown fields are passed over, unknown requests refused.
"""

import base64
from collections.abc import Iterable, Iterator
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from chorus_members.card import LARGEST, TEXT_LIMIT, Boot, PeerId, StrangeCard, Verify, open_card
from chorus_members.claim import Claim, claim_of
from chorus_members.roster import KEPT_S, MOST

BATCH: Final = 64
"""Rumours in one message at most."""
BATCH_SIZE: Final = 128 * 1024
"""Characters of their cards, so that the message is within what `Lines` takes."""

T = TypeVar("T")

Said = Literal["alive", "suspect", "dead", "left"]


class Rumour(msgspec.Struct, frozen=True, kw_only=True):
    """A claim on its way. `age` is for how many seconds the state holds, as far as the teller knows."""

    card: Annotated[str, Meta(max_length=TEXT_LIMIT)]
    signature: Annotated[str, Meta(max_length=88)]
    state: Said
    age: Annotated[float, Meta(ge=0, le=1e9)] = 0.0


Rumours = Annotated[tuple[Rumour, ...], Meta(max_length=BATCH)]


class Ping(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ping"):
    """`against` is what is said of the peer that is asked; `rtt_ms` of the last round trip."""

    against: Rumour | None = None
    rtt_ms: Annotated[float, Meta(ge=0, le=1e6)] | None = None


class Probe(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="probe"):
    """Whether the peer that is asked reaches another one."""

    peer_id: PeerId


class Follow(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="follow"):
    """Be told what changes."""


class Compare(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="compare"):
    """The digest of the asking peer's roster."""

    root: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Fetch(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="fetch"):
    """The claims on some peers."""

    peer_ids: Annotated[tuple[PeerId, ...], Meta(max_length=BATCH)]


class Tell(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="tell"):
    """Claims that the asking peer thinks are news."""

    rumours: Rumours


Request = Ping | Probe | Follow | Compare | Fetch | Tell


class Pong(msgspec.Struct, frozen=True, kw_only=True):
    """`own` is the answering peer's card where it takes something back; `against` as in a ping."""

    own: Rumour | None = None
    against: Rumour | None = None


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """Whether it answered."""

    reached: bool


class News(msgspec.Struct, frozen=True, kw_only=True):
    """Some claims."""

    rumours: Rumours


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Which claim a peer has, without the card."""

    peer_id: PeerId
    incarnation: Annotated[int, Meta(ge=0, le=LARGEST)]
    boot: Boot
    state: Said


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """All that a peer holds; empty when the digests are the same."""

    held: Annotated[tuple[Held, ...], Meta(max_length=MOST)] = ()


Message = Request | Pong | Reached | News | Summary

_ENCODER: Final = msgspec.json.Encoder()
_REQUEST: Final[msgspec.json.Decoder[Request]] = msgspec.json.Decoder(Request)


class BadMessage(ValueError):  # noqa: N818 - reads as what it is
    """No message of this protocol."""


class UnknownRequest(ValueError):  # noqa: N818
    """A request that this version does not know; a later one may."""


class _Typed(msgspec.Struct):
    type: str


_KNOWN: Final = frozenset({"ping", "probe", "follow", "compare", "fetch", "tell"})


def encode(message: Message) -> bytes:
    """As JSON."""
    return _ENCODER.encode(message)


def decode_request(raw: bytes) -> Request:
    """Read a request. Raises BadMessage, UnknownRequest."""
    try:
        return _REQUEST.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        if _type(raw) not in (None, *_KNOWN):
            raise UnknownRequest(str(error)) from error
        raise BadMessage(str(error)) from error


def decode_answer(raw: bytes, kind: type[T]) -> T:
    """Read an answer of one kind. Raises BadMessage."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadMessage(str(error)) from error


def rumour_of(claim: Claim, age: float) -> Rumour:
    """A claim to be sent."""
    signed = claim.signed
    signature = base64.b64encode(signed.signature).decode()
    return Rumour(card=signed.text, signature=signature, state=claim.state, age=max(age, 0.0))


def batches(rumours: Iterable[Rumour]) -> Iterator[tuple[Rumour, ...]]:
    """Rumours in portions that fit into a message."""
    batch: list[Rumour] = []
    size = 0
    for rumour in rumours:
        if batch and (len(batch) == BATCH or size + len(rumour.card) > BATCH_SIZE):
            yield tuple(batch)
            batch, size = [], 0
        batch.append(rumour)
        size += len(rumour.card)
    if batch:
        yield tuple(batch)


def claim_in(rumour: Rumour, cluster: str, verify: Verify) -> tuple[Claim, float] | None:
    """A claim that came, with its age; None for what a later version may mean. Raises BadCard."""
    try:
        signature = base64.b64decode(rumour.signature, validate=True)
    except ValueError:
        signature = b""  # no signature at all
    try:
        signed = open_card(rumour.card, signature, cluster, verify)
        return claim_of(signed, rumour.state), min(rumour.age, 2 * KEPT_S)
    except StrangeCard:
        return None


def _type(raw: bytes) -> str | None:
    try:
        return msgspec.json.decode(raw, type=_Typed).type
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
