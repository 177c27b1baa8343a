"""What is said on `/chorus/journal/1`. Pure.

Asked is one JSON object: {"ask": "heads"}, {"ask": "watch"}, {"ask": "entries", "origin", "start"} or
{"ask": "proof", "origin", "old", "new"}. Heads come as pages {"heads": [signed note, …]}; a watched page may
be empty, and says then that the peer lives. Entries come as parcels: a line of JSON {"checkpoint": signed
note, "start", "proof": [base64, …]}, then one entry a line, as in `chorus log export`. `proof` shows that
the log which ends with the parcel is the beginning of the signed one (RFC 6962); empty when it is all of it.
What is proved is answered as {"root": base64, "proof": [base64, …]}.
"""

from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from chorus_hooks.errors import UsageError
from chorus_journal.entry import MAX_ENTRY
from chorus_journal.merkle import HASH_SIZE

PROTOCOL: Final = "/chorus/journal/1"
TOPIC: Final = "chorus/heads/v1"
REQUEST_LIMIT: Final = 1024
"""Bytes of a request at most."""
PAGE: Final = 100
"""Heads in one message at most."""
PARCEL: Final = 256
"""Entries in one parcel at most."""
PARCEL_SIZE: Final = 256 << 10
"""Bytes of its entries at most; a larger entry comes alone."""
ANSWER_LIMIT: Final = MAX_ENTRY + (64 << 10)
"""Bytes of one message at most."""

M = TypeVar("M")
_Origin = Annotated[str, Meta(max_length=128)]
_Number = Annotated[int, Meta(ge=0, le=1 << 53)]
_Note = Annotated[str, Meta(max_length=1024)]
_Hash = Annotated[bytes, Meta(min_length=HASH_SIZE, max_length=HASH_SIZE)]
_Hashes = Annotated[tuple[_Hash, ...], Meta(max_length=128)]


class BadMessage(ValueError):  # noqa: N818 - reads as what it is
    """A peer answered with what the protocol does not have."""


class Heads(msgspec.Struct, frozen=True, tag_field="ask", tag="heads"):
    """The newest checkpoint of every journal whose entries are all there, once."""


class Watch(msgspec.Struct, frozen=True, tag_field="ask", tag="watch"):
    """The same, then every change, until nobody listens."""


class Entries(msgspec.Struct, frozen=True, tag_field="ask", tag="entries"):
    """The entries of a journal from `start` on, as far as they are there."""

    origin: _Origin
    start: _Number


class Prove(msgspec.Struct, frozen=True, tag_field="ask", tag="proof"):
    """What the first `old` entries of a journal are, and that its first `new` ones begin with them."""

    origin: _Origin
    old: _Number
    new: _Number


Ask = Heads | Watch | Entries | Prove


class Page(msgspec.Struct, frozen=True):
    """Signed notes of checkpoints."""

    heads: Annotated[tuple[_Note, ...], Meta(max_length=PAGE)]


class Proved(msgspec.Struct, frozen=True):
    """The root of the first `old` entries, and that the journal of `new` ones begins with them."""

    root: _Hash
    proof: _Hashes


class _Top(msgspec.Struct, frozen=True):
    checkpoint: _Note
    start: _Number
    proof: _Hashes


@dataclass(frozen=True)
class Parcel:
    """Entries from `start` on that belong to the journal which the note `checkpoint` signs."""

    checkpoint: str
    start: int
    proof: tuple[bytes, ...]
    entries: tuple[bytes, ...]

    @property
    def end(self) -> int:
        """The number of the entry after the last one."""
        return self.start + len(self.entries)

    def encode(self) -> bytes:
        """The message."""
        top = msgspec.json.encode(_Top(self.checkpoint, self.start, self.proof))
        return b"\n".join((top, *self.entries))


_ASKED: Final[msgspec.json.Decoder[Ask]] = msgspec.json.Decoder(Ask)
_PAGE: Final = msgspec.json.Decoder(Page)
_PROVED: Final = msgspec.json.Decoder(Proved)
_TOP: Final = msgspec.json.Decoder(_Top)


def decode_ask(message: bytes) -> Ask:
    """Read what is asked. Raises UsageError, also for what only a later version knows."""
    try:
        return _ASKED.decode(message)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"that cannot be asked: {error}") from None


def decode_page(message: bytes) -> Page:
    """Read a page of heads; an empty message has none. Raises BadMessage."""
    return _decode(_PAGE, message) if message else Page(())


def decode_proved(message: bytes) -> Proved:
    """Read the answer to `Prove`. Raises BadMessage."""
    return _decode(_PROVED, message)


def decode_parcel(message: bytes) -> Parcel:
    """Read a parcel; what its entries are worth is not looked at. Raises BadMessage."""
    line, separator, rest = message.partition(b"\n")
    top = _decode(_TOP, line)
    entries = tuple(rest.split(b"\n", PARCEL)) if separator else ()
    if not 0 < len(entries) <= PARCEL:
        raise BadMessage("a parcel without entries, or with too many")
    return Parcel(top.checkpoint, top.start, top.proof, entries)


def _decode(decoder: msgspec.json.Decoder[M], message: bytes) -> M:
    try:
        return decoder.decode(message)
    except (ValueError, RecursionError) as error:
        raise BadMessage(str(error)) from None
