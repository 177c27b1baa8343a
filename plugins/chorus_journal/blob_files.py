"""Where blobs lie: `blobs/ab/<sha256>`, drafts in `blobs/tmp/`, what peers have sent so far of one in
`blobs/partial/`. Blocks."""

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chorus_hooks.blob import Blob
from chorus_journal.blob_name import check_name
from chorus_journal.directory import sync_directory
from chorus_journal.flock import flock

_HEX: Final = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of the tree: its size in bytes and its age's beginning in seconds since the epoch."""

    path: Path
    size: int
    modified: float


class BlobFiles:
    """The tree of one state dir."""

    def __init__(self, state_dir: Path) -> None:
        self.root = state_dir / "blobs"
        self.drafts = self.root / "tmp"
        self.partials = self.root / "partial"

    def prepare(self) -> None:
        """Make the directories."""
        for directory in (self.root, self.drafts, self.partials):
            directory.mkdir(mode=0o700, exist_ok=True)

    def path(self, sha256: str) -> Path:
        """Where a blob is or would be. Raises UsageError when that is no hash."""
        return self.root / check_name(sha256)[:2] / sha256

    def find(self, sha256: str) -> Blob | None:
        """The blob when it is here."""
        try:
            return Blob(sha256, self.path(sha256).stat().st_size)
        except FileNotFoundError:
            return None

    def all(self) -> Iterator[StoredFile]:
        """Every blob's file."""
        for directory in _names(self.root):
            if len(directory) == 2 and _HEX.issuperset(directory):
                yield from (file for file in _files(self.root / directory) if len(file.path.name) == 64)

    def all_drafts(self) -> Iterator[StoredFile]:
        """Every temporary file. Its name begins with the boot id of its process and a dot."""
        return _files(self.drafts)

    def all_partials(self) -> Iterator[StoredFile]:
        """Every file of which a part has come, and beside it the list of those parts."""
        return _files(self.partials)

    def naming(self) -> AbstractContextManager[None]:
        """Held while a draft gets its name: nothing is pruned meanwhile."""
        return flock(self.root / "lock", exclusive=False)

    def pruning(self) -> AbstractContextManager[None]:
        """Held while blobs are removed: none gets its name meanwhile."""
        return flock(self.root / "lock", exclusive=True)

    def name(self, draft: Path, sha256: str) -> None:
        """Give a durable draft its name, durably."""
        path = self.path(sha256)
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            sync_directory(self.root)
        draft.rename(path)


def _names(directory: Path) -> list[str]:
    try:
        return [path.name for path in directory.iterdir()]
    except FileNotFoundError:
        return []


def _files(directory: Path) -> Iterator[StoredFile]:
    for name in _names(directory):
        path = directory / name
        with contextlib.suppress(FileNotFoundError):  # it may go while we look
            status = path.stat()
            yield StoredFile(path, status.st_size, status.st_mtime)
