"""Reading kept or growing output from an offset on, in whole frames."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from chorus_hooks.coordinator import TaskOutput
from chorus_hooks.errors import UsageError
from chorus_hooks.output import HEADER, STDERR, STDOUT, Stream

CHUNK: Final = 256 << 10
"""Read at once; longer than any frame that is written, so a full read holds a whole one."""


def cut(data: bytes, base: int = 0) -> list[TaskOutput]:
    """The whole frames at the start of `data`, neighbours of one stream joined.

    `base` is the offset of `data`. Raises ValueError when a frame does not begin where one must.
    """
    told: list[TaskOutput] = []
    parts: list[bytes] = []
    stream: Stream = STDOUT
    position = 0
    while len(data) - position >= HEADER.size:
        number, length = HEADER.unpack_from(data, position)
        if number not in (STDOUT, STDERR):
            raise ValueError(f"stream {number} is neither stdout nor stderr")
        end = position + HEADER.size + length
        if end > len(data):
            break
        if parts and number != stream:
            told.append(TaskOutput(stream, b"".join(parts), base + position))
            parts = []
        stream = STDOUT if number == STDOUT else STDERR
        parts.append(data[position + HEADER.size : end])
        position = end
    if parts:
        told.append(TaskOutput(stream, b"".join(parts), base + position))
    return told


class Tail:
    """Reads one attempt's output: its file while there is one, else its blob. All calls block."""

    def __init__(self, path: Path, open_blob: Callable[[str], BinaryIO], offset: int) -> None:
        self._path = path
        self._open_blob = open_blob
        self._offset = offset
        self._file: BinaryIO | None = None

    def read(self, blob: str | None, until: int | None = None) -> list[TaskOutput]:
        """What there is beyond the offset, up to one chunk; empty when there is no more for now.

        `blob` names the kept output, once known; `until` is an offset to stop at. Raises UsageError for
        an offset inside a frame, NotFound when the blob is not here any more.
        """
        if self._file is None:
            self._file = self._open(blob)
        if self._file is None:
            return []
        size = CHUNK if until is None else max(0, min(CHUNK, until - self._offset))
        self._file.seek(self._offset)
        try:
            told = cut(self._file.read(size), self._offset)
        except ValueError:
            raise UsageError(
                f"offset {self._offset} is not where a piece of output begins",
                hint="begin at 0, or where a piece before it ended",
            ) from None
        if told:
            self._offset = told[-1].offset
        return told

    def close(self) -> None:
        """Close what is open."""
        if self._file is not None:
            self._file.close()

    def _open(self, blob: str | None) -> BinaryIO | None:
        try:
            return os.fdopen(os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb", 0)
        except FileNotFoundError:
            return None if blob is None else self._open_blob(blob)
