"""From a directory to a blob: what a task works on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class PackedSource:
    """A directory as a deterministic tar in the blob store; `size` is the sum of the files, in bytes."""

    sha256: str
    size: int
    files: int
    skipped: tuple[str, ...] = ()


class Packer(Protocol):
    """Packs what a developer would commit: .gitignore is honoured, .git is left out."""

    async def pack(self, root: Path) -> PackedSource:
        """Pack a directory; the same contents give the same hash.

        `skipped` tells, one line each, what was left out for a reason other than .gitignore (sockets,
        links that leave the tree). Raises UsageError when `root` is no readable directory, when a name
        cannot be kept, or when the tree changes while it is packed.
        """
        ...
