"""Reading kept or growing output from any byte on. Offsets count payload: what was printed, no frames."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from chorus_hooks.coordinator import TaskOutput
from chorus_hooks.output import HEADER, STDERR, STDOUT, Stream

CHUNK: Final = 128 << 10
"""Read at once; longer than any frame that is written, so a full read holds a whole one."""


@dataclass(frozen=True)
class Frame:
    """A whole frame: its payload is `data[start:end]`."""

    stream: Stream
    start: int
    end: int


@dataclass(frozen=True)
class Cut:
    """What some frames give: pieces, and how many bytes of frames, and of their payload, are done with."""

    pieces: tuple[TaskOutput, ...]
    passed: int
    payload: int


def frames(data: bytes) -> Iterator[Frame]:
    """The whole frames at the start of `data`. Raises ValueError when one does not begin where it must."""
    position = 0
    while len(data) - position >= HEADER.size:
        number, length = HEADER.unpack_from(data, position)
        if number not in (STDOUT, STDERR):
            raise ValueError(f"stream {number} is neither stdout nor stderr")
        start = position + HEADER.size
        position = start + length
        if position > len(data):
            return
        yield Frame(STDOUT if number == STDOUT else STDERR, start, position)


def cut(data: bytes, before: int, offset: int, until: int | None = None, attempt: int = 1) -> Cut:
    """The payload of whole frames between `offset` and `until`, neighbours of one stream joined.

    `before` is the payload that came before `data`; the other two count from the start of all payload.
    """
    told: list[TaskOutput] = []
    parts: list[bytes] = []
    stream, at, passed, payload = STDOUT, before, 0, before
    for frame in frames(data):
        end = payload + frame.end - frame.start
        first, last = max(offset, payload), end if until is None else min(end, until)
        if first < last:
            if parts and frame.stream != stream:
                told.append(TaskOutput(stream, b"".join(parts), at, attempt))
                parts = []
            parts.append(data[frame.start + first - payload : frame.start + last - payload])
            stream, at = frame.stream, last
        if last < end:
            break
        passed, payload = frame.end, end
    if parts:
        told.append(TaskOutput(stream, b"".join(parts), at, attempt))
    return Cut(tuple(told), passed, payload - before)


class Tail:
    """Reads one attempt's output: its file while there is one, else its blob. All calls block."""

    def __init__(
        self, path: Path, open_blob: Callable[[str], BinaryIO], *, attempt: int = 1, offset: int = 0
    ) -> None:
        self._path = path
        self._open_blob = open_blob
        self._attempt = attempt
        self._offset = offset
        self._position = 0  # of the frame that holds the offset, or of one before it
        self._before = 0  # the payload before that frame
        self._file: BinaryIO | None = None

    def read(self, blob: str | None, until: int | None = None) -> tuple[TaskOutput, ...]:
        """What there is beyond the offset, up to one chunk; empty when there is no more for now.

        `blob` names the kept output, once known; `until` is an offset to stop at. Raises NotFound when the
        blob is not here any more.
        """
        if self._file is None:
            self._file = self._open(blob)
        while self._file is not None and (until is None or self._offset < until):
            self._file.seek(self._position)
            found = cut(self._file.read(CHUNK), self._before, self._offset, until, self._attempt)
            self._position += found.passed
            self._before += found.payload
            if found.pieces:
                self._offset = found.pieces[-1].offset
                return found.pieces
            if not found.passed:
                break
        return ()

    def close(self) -> None:
        """Close what is open."""
        if self._file is not None:
            self._file.close()

    def _open(self, blob: str | None) -> BinaryIO | None:
        try:
            return os.fdopen(os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb", 0)
        except FileNotFoundError:
            return None if blob is None else self._open_blob(blob)
