"""The frames of `/chorus/<name>/1`, as bytes. Pure.

    length  4 bytes, big-endian: what follows it, at most FRAME_LIMIT - 4
    kind    1 byte: the kind, plus MORE and LAST
    call    4 bytes, big-endian: chosen by the asking end, counting up, around after 2**32 (RFC 1982)
    body    the rest

The asking end sends ASK, CREDIT and STOP, the answering end ANSWER and FAIL. A message that is longer than a
frame goes out as several, all but the last of them with MORE; no other ASK comes between those of a request.
An answer is any number of messages; LAST marks its end, on its last frame or on an empty one. CREDIT (2
bytes) allows so many further ANSWER frames; WINDOW of them may come without. FAIL ends an answer with a JSON
object {code, message}. STOP says that nobody listens any more.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

FRAME_LIMIT: Final = 65_536
"""Bytes of a whole frame. py-libp2p interleaves concurrent writes of more than that."""
WINDOW: Final = 16
"""ANSWER frames of one call that may be on their way without credit."""
CALLS: Final = 64
"""Calls that may be open on one stream."""

_HEAD: Final = struct.Struct(">IBI")
_CREDIT: Final = struct.Struct(">H")
_LENGTH: Final = 4
BODY_LIMIT: Final = FRAME_LIMIT - _HEAD.size
_MORE: Final = 0x80
_LAST: Final = 0x40


NUMBERS: Final = 1 << 32
"""Of calls; then they begin again."""


class BadFrame(ValueError):  # noqa: N818 - reads as what it is
    """The peer sent what is no frame, or one that does not fit here."""


class Kind(IntEnum):
    """What a frame is."""

    ASK = 1
    ANSWER = 2
    FAIL = 3
    STOP = 4
    CREDIT = 5


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. `more`: its message goes on in the next one; `last`: its call ends with it."""

    kind: Kind
    call: int
    body: bytes = b""
    more: bool = False
    last: bool = False

    def encode(self) -> bytes:
        """The bytes on the wire."""
        flags = (_MORE if self.more else 0) | (_LAST if self.last else 0)
        return _HEAD.pack(len(self.body) + _HEAD.size - _LENGTH, self.kind | flags, self.call) + self.body


def message_frames(kind: Kind, call: int, message: bytes, *, last: bool = False) -> Iterator[Frame]:
    """A message as frames, `last` on the last of them."""
    cut = range(0, max(len(message), 1), BODY_LIMIT)
    for start in cut:
        more = start + BODY_LIMIT < len(message)
        yield Frame(kind, call, message[start : start + BODY_LIMIT], more, last and not more)


def follows(call: int, newest: int) -> bool:
    """Whether a call's number was not used before, when `newest` was the last one: -1 when there was none."""
    return (call - newest - 1) % NUMBERS < NUMBERS // 2


def credit_frame(call: int, frames: int) -> Frame:
    """Allow so many further frames."""
    return Frame(Kind.CREDIT, call, _CREDIT.pack(frames))


def read_credit(frame: Frame) -> int:
    """What a CREDIT frame allows. Raises BadFrame."""
    if len(frame.body) != _CREDIT.size:
        raise BadFrame(f"a credit of {len(frame.body)} bytes")
    return int(_CREDIT.unpack(frame.body)[0])


def fail_frame(call: int, code: str, message: str) -> Frame:
    """End a call with an error; a message that is too long is cut."""
    body = json.dumps({"code": code, "message": message[:2000]}).encode()
    return Frame(Kind.FAIL, call, body, last=True)


def read_failure(frame: Frame) -> tuple[str, str]:
    """Code and message of a FAIL frame. Raises BadFrame."""
    try:
        match json.loads(frame.body):
            case {"code": str(code), "message": str(message)}:
                return code, message
    except (ValueError, RecursionError) as error:
        raise BadFrame("a failure that is not JSON") from error
    raise BadFrame("a failure without code and message")


class Decoder:
    """Cuts what comes from a stream into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are complete now. Raises BadFrame; nothing may be fed after that."""
        self._buffer += data
        start = 0
        try:
            while (end := self._end(start)) is not None:
                yield self._frame(start, end)
                start = end
        finally:
            del self._buffer[:start]

    @property
    def pending(self) -> int:
        """Bytes of a frame that is not complete."""
        return len(self._buffer)

    def _end(self, start: int) -> int | None:
        if len(self._buffer) - start < _LENGTH:
            return None
        length = int.from_bytes(self._buffer[start : start + _LENGTH])
        if not _HEAD.size <= length + _LENGTH <= FRAME_LIMIT:
            raise BadFrame(f"a frame of {length + _LENGTH} bytes")
        end = start + _LENGTH + length
        return end if end <= len(self._buffer) else None

    def _frame(self, start: int, end: int) -> Frame:
        _, flagged, call = _HEAD.unpack_from(self._buffer, start)
        try:
            kind = Kind(flagged & ~(_MORE | _LAST))
        except ValueError as error:
            raise BadFrame(f"a frame of the unknown kind {flagged}") from error
        body = bytes(self._buffer[start + _HEAD.size : end])
        return Frame(kind, call, body, bool(flagged & _MORE), bool(flagged & _LAST))
