"""An attempt while it runs: the file its output grows in, its phases, and who wants to hear of them."""

import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

import trio

from chorus_coordinator.tail import CHUNK, frames
from chorus_hooks.blob import Blobs
from chorus_hooks.coordinator import TaskPhase
from chorus_hooks.errors import Refused
from chorus_hooks.executor import Phase
from chorus_hooks.output import HEADER, STDERR, Stream
from chorus_hooks.task import Artifact

MAX_FRAME: Final = 64 << 10
"""Longest frame written: a reader hands out whole frames, so this bounds what it holds."""

MAX_PHASES: Final = 64
_FREE = "free space on the state dir's disk"


class OutputFile:
    """The output of an attempt, as frames in a file. Beyond `limit` bytes a last line says so.

    `printed` are the bytes that the task printed and we kept, `payload` those and our own line.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self.path = path
        self.printed = 0
        self.payload = 0
        self._limit = limit
        self._full = False
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.open(path, flags, 0o600)

    def append(self, stream: Stream, data: bytes) -> None:
        """Write a piece; blocks on the disk. Raises Refused when the disk is full."""
        view = memoryview(data)[: max(0, self._limit - self.printed)]
        for start in range(0, len(view), MAX_FRAME):
            self._write(stream, view[start : start + MAX_FRAME])
        self.printed += len(view)
        if len(view) < len(data) and not self._full:
            self._full = True
            self._write(STDERR, memoryview(b"\nchorus: what follows is more than is kept\n"))

    def keep(self, blobs: Blobs) -> Artifact:
        """The file as a blob; blocks on the disk. Raises Refused, with the file emptied, when none fits."""
        try:
            return store_output(self._file, blobs)
        except Refused:
            os.ftruncate(self._file, 0)  # makes room for committing that the task has ended
            raise

    def close(self) -> None:
        """Close and remove the file; what is to be kept is a blob by now."""
        os.close(self._file)
        self.path.unlink(missing_ok=True)

    def _write(self, stream: Stream, data: memoryview) -> None:
        try:
            written = os.writev(self._file, [HEADER.pack(stream, len(data)), data])
        except OSError as error:
            raise Refused(f"the output cannot be kept: {error.strerror}", hint=_FREE) from error
        self.payload += max(0, written - HEADER.size)
        if written < HEADER.size + len(data):
            raise Refused("the output cannot be kept: the disk is full", hint=_FREE)


class LiveAttempt:
    """One attempt that this process runs, and what those who follow it hear; `ring` wakes them."""

    def __init__(self, task: str, attempt: int, output: OutputFile, ring: Callable[[], None]) -> None:
        self.task = task
        self.attempt = attempt
        self.output_file = output
        self.scope = trio.CancelScope()
        self.ended = False
        self._ring = ring
        self._phases: deque[tuple[int, TaskPhase]] = deque(maxlen=MAX_PHASES)
        self._phase_count = 0

    async def output(self, stream: Stream, data: bytes) -> None:
        """Keep what the task printed; it is held back until that is done."""
        await trio.to_thread.run_sync(self.output_file.append, stream, data)
        self._ring()

    def phase(self, phase: Phase, text: str) -> None:
        """Tell who follows."""
        self._phase_count += 1
        self._phases.append((self.output_file.payload, TaskPhase(phase, text)))
        self._ring()

    def phases(self, seen: int) -> tuple[list[tuple[int, TaskPhase]], int]:
        """The phases after the first `seen`, as far as they are remembered, and how many there were.

        Each comes with the offset of the output at which it began.
        """
        fresh = min(self._phase_count - seen, len(self._phases))
        return list(self._phases)[len(self._phases) - fresh :], self._phase_count

    def end(self) -> None:
        """The attempt is over, and its end is committed."""
        self.ended = True
        self._ring()


def store_output(file: int, blobs: Blobs) -> Artifact:
    """Store the whole frames of an output file as a blob; half a frame at its end was never told.

    Runs in a thread of trio's, and stops there when its caller is cancelled.
    """
    position = 0
    with blobs.create() as writer:
        while data := os.pread(file, CHUNK, position):
            trio.from_thread.check_cancelled()
            end = max((frame.end for frame in frames(data)), default=0)
            if not end:
                break
            writer.write(data[:end])
            position += end
        blob = writer.commit()
    return Artifact(path="output", size=blob.size, sha256=blob.sha256)
