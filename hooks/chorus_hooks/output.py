"""What a task printed, as it is kept: frames of stdout and stderr in the order they came. Pure.

A frame is the stream (1 stdout, 2 stderr), three zero bytes, the length in four bytes, big-endian, then
that many bytes: the framing of the Docker Engine API's attach endpoint. A reader resumes at the offset of
a frame.
"""

import struct
from collections.abc import Iterator
from typing import Literal

Stream = Literal[1, 2]
STDOUT: Stream = 1
STDERR: Stream = 2

HEADER = struct.Struct(">B3xI")


def frame(stream: Stream, data: bytes) -> bytes:
    """One frame."""
    return HEADER.pack(stream, len(data)) + data


class FrameReader:
    """Cuts a byte stream back into (stream, data) pieces, holding back no payload it has seen.

    A long frame comes out in pieces as its bytes arrive, so memory stays bounded by what was fed, and each
    byte of payload is copied once.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._stream: Stream = STDOUT
        self._left = 0

    def feed(self, data: bytes) -> Iterator[tuple[Stream, bytes]]:
        """Pieces that `data` completes. Raises ValueError on a stream number that is neither 1 nor 2."""
        fed = self._rest + data if self._rest else data
        position = 0
        try:
            while position < len(fed):
                if self._left:
                    piece = fed[position : position + self._left]
                    position += len(piece)
                    self._left -= len(piece)
                    yield self._stream, piece
                elif len(fed) - position >= HEADER.size:
                    number, self._left = HEADER.unpack_from(fed, position)
                    if number not in (STDOUT, STDERR):
                        raise ValueError(f"stream {number} is neither stdout nor stderr")
                    self._stream = STDOUT if number == STDOUT else STDERR
                    position += HEADER.size
                else:
                    return
        finally:
            self._rest = fed[position:]
