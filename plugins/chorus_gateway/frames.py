"""The frames between a relay and us, as `relay.py` writes and reads them. Pure."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

HEAD: Final = struct.Struct("!BII")
PIECE: Final = 1 << 16
"""Most bytes of one frame."""
WINDOW: Final = 1 << 18
"""Bytes of one connection and direction that may be under way: more only as they are consumed."""
MOST: Final = 16
"""Connections at once."""


class Kind(IntEnum):
    """OPEN: a client came. DATA. END: it says no more. CLOSE: it is gone, or has to go. MORE: credit."""

    OPEN = 1
    DATA = 2
    END = 3
    CLOSE = 4
    MORE = 5


class BrokenFrame(Exception):  # noqa: N818 - reads as what happened
    """Bytes that no relay of ours says."""


@dataclass(frozen=True)
class Frame:
    """One of them, for the connection of that number."""

    kind: Kind
    number: int
    data: bytes = b""

    def encode(self) -> bytes:
        """As it goes over the wire."""
        return HEAD.pack(self.kind, self.number, len(self.data)) + self.data


class FrameReader:
    """Takes bytes however they are cut."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now. Raises BrokenFrame."""
        self._waiting += data
        while len(self._waiting) >= HEAD.size:
            kind, number, size = HEAD.unpack_from(self._waiting)
            if size > PIECE or kind not in Kind._value2member_map_:
                raise BrokenFrame(f"a frame of kind {kind} and {size} bytes")
            if len(self._waiting) < HEAD.size + size:
                return
            data = bytes(self._waiting[HEAD.size : HEAD.size + size])
            del self._waiting[: HEAD.size + size]
            yield Frame(Kind(kind), number, data)
