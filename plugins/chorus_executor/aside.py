"""Blobs of which nothing stays: what is read comes from the store, what is written goes to a directory."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256 as hashed
from pathlib import Path
from typing import BinaryIO

from chorus_hooks.blob import Blob, Blobs, BlobUsage, BlobWriter
from chorus_hooks.errors import Refused


class AsideBlobs:
    """Implements `chorus_hooks.blob.Blobs`. Who makes the directory removes it."""

    def __init__(self, store: Blobs, directory: Path) -> None:
        self._store = store
        self._directory = directory

    @contextmanager
    def create(self) -> Iterator[BlobWriter]:
        """Begin a new blob, in the directory."""
        draft = self._directory / secrets.token_hex(8)
        try:
            with draft.open("xb") as file:
                yield _Writer(file, draft)
        except OSError as error:
            raise Refused(
                f"what comes of it cannot be written: {error.strerror}", hint="free space"
            ) from None

    def open(self, sha256: str) -> BinaryIO:
        """Read one of ours, else one of the store."""
        path = self._directory / sha256
        return path.open("rb") if path.is_file() else self._store.open(sha256)

    def find(self, sha256: str) -> Blob | None:
        """One of ours, else one of the store."""
        path = self._directory / sha256
        return Blob(sha256, path.stat().st_size) if path.is_file() else self._store.find(sha256)

    def usage(self) -> BlobUsage:
        """That of the store."""
        return self._store.usage()

    def prune(self, *, grace_s: float, dry_run: bool = False) -> tuple[Blob, ...]:
        """Nothing: the store is pruned by who owns it."""
        return ()


class _Writer:
    """A file that gets the name of its hash at `commit`."""

    def __init__(self, file: BinaryIO, draft: Path) -> None:
        self._file = file
        self._draft = draft
        self._hash = hashed()
        self._size = 0

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self._hash.update(data)
        self._size += len(data)
        return len(data)

    def commit(self) -> Blob:
        self._file.flush()
        blob = Blob(self._hash.hexdigest(), self._size)
        self._draft.rename(self._draft.with_name(blob.sha256))
        return blob
