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
    it was written or written again, so that a writer has time to record what it wrote. At the quota, what
    nothing holds makes room.
    """

    def create(self) -> AbstractContextManager[BlobWriter]:
        """Begin a new blob."""
        ...

    def open(self, sha256: str) -> BinaryIO:
        """Read a blob: a real file, with a descriptor. NotFound when it is not here, UsageError for no hash.

        Read from its start, it raises ChorusError at its end when the bytes are not those of the hash.
        Whoever passes the descriptor on and must be sure reads it once first, and seeks back.
        """
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
