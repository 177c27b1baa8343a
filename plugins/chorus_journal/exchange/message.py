"""What is said on `/chorus/blob/1`. Pure.

Asked is one JSON object: {"ask": "size", "sha256"}, answered with {"size": n}, or {"ask": "read", "sha256",
"start", "length"}, answered with the bytes in messages of at most PIECE bytes, none empty. What is not there,
or ends before `start` + `length`, fails as `not_found`.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from chorus_hooks.errors import UsageError
from chorus_hooks.wire.frame import BODY_LIMIT

PROTOCOL: Final = "/chorus/blob/1"
REQUEST_LIMIT: Final = 512
"""Bytes of a request at most."""
PIECE: Final = BODY_LIMIT
"""Bytes of one message at most: one frame."""
LARGEST: Final = 1 << 53

_Name = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
_Number = Annotated[int, Meta(ge=0, le=LARGEST)]


class BadMessage(ValueError):  # noqa: N818 - reads as what it is
    """A peer answered with what the protocol does not have."""


class Size(msgspec.Struct, frozen=True, tag_field="ask", tag="size"):
    """How many bytes a blob has."""

    sha256: _Name


class Read(msgspec.Struct, frozen=True, tag_field="ask", tag="read"):
    """Some bytes of a blob."""

    sha256: _Name
    start: _Number
    length: Annotated[int, Meta(ge=1, le=LARGEST)]


class Sized(msgspec.Struct, frozen=True):
    """The answer to `Size`."""

    size: _Number


_ASKED: Final[msgspec.json.Decoder[Size | Read]] = msgspec.json.Decoder(Size | Read)
_SIZED: Final = msgspec.json.Decoder(Sized)


def decode_ask(message: bytes) -> Size | Read:
    """Read what is asked. Raises UsageError, also for what only a later version knows."""
    try:
        return _ASKED.decode(message)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"that cannot be asked: {error}") from None


def decode_sized(message: bytes) -> Sized:
    """Read the answer to `Size`. Raises BadMessage."""
    try:
        return _SIZED.decode(message)
    except (ValueError, RecursionError) as error:
        raise BadMessage(str(error)) from None
