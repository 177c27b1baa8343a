"""The provider of `Blobs`: files named by their hash. All calls block on the disk."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from chorus_hooks.blob import Blob, BlobUsage, BlobWriter
from chorus_hooks.errors import NotFound
from chorus_journal.blob_files import BlobFiles
from chorus_journal.blob_partial import Partial, forget
from chorus_journal.blob_prune import prune
from chorus_journal.blob_quota import Quota
from chorus_journal.blob_reader import open_blob
from chorus_journal.blob_writer import FileBlobWriter
from chorus_journal.database import database_path
from chorus_journal.faults import translate

SHORTEST_GRACE: Final = 3600.0
"""Seconds: when the quota is reached, what nothing holds goes at this age. Whoever stores a blob records
its hold within minutes, at the end of the task at the latest."""


class FileBlobs:
    """The store of one state dir, for one boot; `quota` in bytes. Several processes may use it at once."""

    def __init__(self, state_dir: Path, boot: str, quota: int) -> None:
        self._files = BlobFiles(state_dir)
        self._boot = boot
        self._database = database_path(state_dir)
        self._quota = Quota(self._files, quota, self._make_room)

    def sweep(self, alive: Callable[[str], bool]) -> None:
        """Make the directories, remove the drafts of dead boots. Raises Refused on a read-only disk."""
        try:
            self._files.prepare()
            for draft in self._files.all_drafts():
                if not alive(draft.path.name.partition(".")[0]):
                    draft.path.unlink(missing_ok=True)
        except OSError as error:
            raise translate(error, self._files.root) or error from error

    @contextmanager
    def create(self) -> Iterator[BlobWriter]:
        """Begin a new blob."""
        writer = FileBlobWriter(self._files, self._quota, self._boot)
        try:
            yield writer
        finally:
            writer.close()

    @contextmanager
    def partial(self, sha256: str, size: int) -> Iterator[Partial]:
        """A blob that comes in parts, with those that came before. Raises Full before anything is stored."""
        opened = Partial(self._files, self._quota, Blob(sha256, size))
        try:
            yield opened
        finally:
            opened.close()

    def open(self, sha256: str) -> BinaryIO:
        """Read a blob; see `VerifiedFile` for when its hash is checked."""
        try:
            return open_blob(self._files.path(sha256), sha256)
        except FileNotFoundError:
            raise NotFound(
                f"the blob {sha256} is not here", hint="it was pruned, or never stored on this node"
            ) from None
        except OSError as error:
            raise translate(error, self._files.path(sha256)) or error from error

    def find(self, sha256: str) -> Blob | None:
        """The blob when it is here."""
        return self._files.find(sha256)

    def usage(self) -> BlobUsage:
        """What the store holds now."""
        return self._quota.usage()

    def prune(self, *, grace_s: float, dry_run: bool = False) -> tuple[Blob, ...]:
        """Remove what nothing holds and what is older than the grace period; returns what went."""
        removed = prune(self._files, self._database, grace_s=grace_s, dry_run=dry_run)
        if not dry_run:
            self._quota.give_back(sum(blob.size for blob in removed))
        return removed

    def _make_room(self) -> None:
        forget(self._files, grace_s=SHORTEST_GRACE, dry_run=False)
        prune(self._files, self._database, grace_s=SHORTEST_GRACE, dry_run=False)
