"""Where the output of running attempts grows: one file an attempt, named after it."""

import os
import re
from pathlib import Path

from chorus_coordinator.live import OutputFile, store_output
from chorus_coordinator.tail import Tail
from chorus_hooks.blob import Blobs
from chorus_hooks.task import Artifact

_NAME = re.compile(r"([0-9a-f]{32})\.([0-9]{1,9})", re.ASCII)


class Shelf:
    """The folder of output files under the state dir, and the blobs that they end as."""

    def __init__(self, folder: Path, blobs: Blobs) -> None:
        self._folder = folder
        self.blobs = blobs

    def prepare(self) -> None:
        """Make the folder, private to the user."""
        self._folder.mkdir(mode=0o700, exist_ok=True)

    def path(self, task: str, attempt: int) -> Path:
        """The file of an attempt."""
        return self._folder / f"{task}.{attempt}"

    def begin(self, task: str, attempt: int, limit: int) -> OutputFile:
        """A new file for an attempt that starts."""
        return OutputFile(self.path(task, attempt), limit)

    def tail(self, task: str, attempt: int, offset: int) -> Tail:
        """Read an attempt's output from a byte on."""
        return Tail(self.path(task, attempt), self.blobs.open, attempt=attempt, offset=offset)

    def names(self) -> list[tuple[str, int]]:
        """The attempts that have a file."""
        found = [_NAME.fullmatch(path.name) for path in self._folder.iterdir()]
        return sorted((match[1], int(match[2])) for match in found if match)

    def keep(self, task: str, attempt: int) -> Artifact | None:
        """Store what a dead process left as a blob; None when it left nothing."""
        try:
            file = os.open(self.path(task, attempt), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            return store_output(file, self.blobs)
        finally:
            os.close(file)

    def drop(self, task: str, attempt: int) -> None:
        """Remove a file."""
        self.path(task, attempt).unlink(missing_ok=True)
