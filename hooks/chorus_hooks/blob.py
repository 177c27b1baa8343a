"""Content-addressed files: sources, outputs, artifacts. A blob's name is the SHA-256 of its bytes."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class Blob:
    """One stored blob: 64 lower-case hex digits and its length in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class BlobUsage:
    """What the store holds, in blobs and bytes; `quota` is the most it may hold, in bytes."""

    count: int
    size: int
    quota: int


class BlobWriter(Protocol):
    """A blob being written. Left without `commit`, it never existed."""

    def write(self, data: bytes) -> int:
        """Append bytes. Raises Refused when the quota or the disk is full."""
        ...

    def commit(self) -> Blob:
        """Make it durable under its hash. Storing the same bytes twice is one blob."""
        ...


class Blobs(Protocol):
    """The store. All calls block on the disk: in async code call them from a worker thread.

    A blob stays as long as the journal holds it (`Transaction.hold`), and at least a grace period after
    it was written, so that a writer has time to record what it wrote.
    """

    def create(self) -> AbstractContextManager[BlobWriter]:
        """Begin a new blob."""
        ...

    def open(self, sha256: str) -> BinaryIO:
        """Read a blob. Raises NotFound when it is not here, UsageError when that is no hash."""
        ...

    def find(self, sha256: str) -> Blob | None:
        """The blob when it is here."""
        ...

    def usage(self) -> BlobUsage:
        """What the store holds now."""
        ...

    def prune(self, *, grace_s: float, dry_run: bool = False) -> tuple[Blob, ...]:
        """Remove what nothing holds and what is older than the grace period; returns what went (or would)."""
        ...
