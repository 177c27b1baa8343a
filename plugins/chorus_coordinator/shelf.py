"""Where the output of running attempts grows, and the transcript of goals: files named after the attempt."""

import os
import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import trio

from chorus_coordinator.live import OutputFile, store_output
from chorus_coordinator.tail import Tail
from chorus_hooks.blob import Blobs
from chorus_hooks.task import Artifact

_NAME: Final = re.compile(r"([0-9a-f]{32})\.([0-9]{1,9})(?:\.transcript)?", re.ASCII)
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Kept:
    """What an attempt told, as blobs: None where there was nothing, or no room for it."""

    output: Artifact | None = None
    transcript: Artifact | None = None

    def __bool__(self) -> bool:
        return self.output is not None or self.transcript is not None


class Shelf:
    """The folder of these files under the state dir, and the blobs that they end as."""

    def __init__(self, folder: Path, blobs: Blobs) -> None:
        self._folder = folder
        self.blobs = blobs

    def prepare(self) -> None:
        """Make the folder, private to the user."""
        self._folder.mkdir(mode=0o700, exist_ok=True)

    def path(self, task: str, attempt: int) -> Path:
        """The file of an attempt's output."""
        return self._folder / f"{task}.{attempt}"

    def transcript(self, task: str, attempt: int) -> Path:
        """The file of an attempt's transcript."""
        return self._folder / f"{task}.{attempt}.transcript"

    def begin(self, task: str, attempt: int, limit: int) -> OutputFile:
        """A new file for an attempt that starts."""
        return OutputFile(self.path(task, attempt), limit)

    def tail(self, task: str, attempt: int, offset: int) -> Tail:
        """Read an attempt's output from a byte on."""
        return Tail(self.path(task, attempt), self.blobs.open, attempt=attempt, offset=offset)

    def names(self) -> list[tuple[str, int]]:
        """The attempts that have a file."""
        found = [_NAME.fullmatch(path.name) for path in self._folder.iterdir()]
        return sorted({(match[1], int(match[2])) for match in found if match})

    def keep(self, task: str, attempt: int) -> Kept:
        """Store what a dead process left."""
        with ExitStack() as stack:
            file = _opened(self.path(task, attempt), stack)
            output = None if file is None else store_output(file.fileno(), self.blobs)
        return Kept(output, self.keep_transcript(task, attempt))

    def keep_transcript(self, task: str, attempt: int) -> Artifact | None:
        """Store the whole lines of a transcript; None when there are none. Raises Refused when none fit."""
        with ExitStack() as stack:
            file = _opened(self.transcript(task, attempt), stack)
            return None if file is None else _store_lines(file, self.blobs)

    def drop(self, task: str, attempt: int) -> None:
        """Remove the files of an attempt."""
        self.path(task, attempt).unlink(missing_ok=True)
        self.transcript(task, attempt).unlink(missing_ok=True)


def _opened(path: Path, stack: ExitStack) -> BinaryIO | None:
    try:
        return stack.enter_context(os.fdopen(os.open(path, _READ), "rb"))
    except FileNotFoundError:
        return None


def _store_lines(file: BinaryIO, blobs: Blobs) -> Artifact | None:
    """Half a line at the end is what a process was writing when it was killed."""
    half = b""
    with blobs.create() as writer:
        while data := file.read(_CHUNK):
            trio.from_thread.check_cancelled()
            whole, newline, rest = data.rpartition(b"\n")
            writer.write(half + whole + newline if newline else b"")
            half = rest if newline else half + rest
        blob = writer.commit()
    return Artifact(path="transcript.jsonl", size=blob.size, sha256=blob.sha256) if blob.size else None
