"""A blob that comes in parts, in any order, and over several lives of the process. Blocks.

`blobs/partial/<sha256>` has the size of the whole from the start, which the quota counts; `<sha256>.have`
lists the parts that have come, as JSON {"size", "have": [[start, end], …]}. It is written now and then,
without a sync: what a machine that lost power made of the two is found by the hash.
"""

import os
import time
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from chorus_hooks.blob import Blob
from chorus_journal.blob_files import BlobFiles
from chorus_journal.blob_naming import keep
from chorus_journal.blob_quota import Quota
from chorus_journal.blob_spans import Spans
from chorus_journal.faults import translate

NOTED: Final = 8 << 20
"""Bytes that may come before the list is written again."""
_BUFFER: Final = 1 << 20
_LIST: Final = ".have"


class _Have(msgspec.Struct, frozen=True):
    size: int
    have: tuple[tuple[int, int], ...]


class Partial:
    """One blob on its way. `resumed` says whether parts of it are from an earlier try."""

    def __init__(self, files: BlobFiles, quota: Quota, blob: Blob) -> None:
        self._files = files
        self._quota = quota
        self._blob = blob
        self._path = files.partials / blob.sha256
        files.path(blob.sha256)
        try:
            self.spans = self._earlier()
            self.resumed = bool(self.spans.length)
            self._noted = self.spans.length
            self._descriptor = self._open()
        except OSError as error:
            raise translate(error, self._path) or error from error

    @property
    def whole(self) -> bool:
        """Whether all of it has come; what it is worth, `commit` finds out."""
        return self.spans.length == self._blob.size

    def write(self, at: int, data: bytes) -> None:
        """Store a part. Raises Refused when the disk is full."""
        view, start = memoryview(data), at
        try:
            while view:
                written = os.pwrite(self._descriptor, view, start)
                view, start = view[written:], start + written
        except OSError as error:
            raise translate(error, self._path) or error from error
        self.spans.add(at, start)
        if self.spans.length - self._noted >= NOTED:
            self._note()

    def commit(self) -> bool:
        """Make it a blob. False when its bytes are others than its name says: they are then gone."""
        try:
            if self._hash() != self._blob.sha256:
                self._discard(self._blob.size)
                return False
            keep(self._files, self._path, self._descriptor, self._blob)
            if self._path.exists():  # the same bytes were stored meanwhile
                self._discard(self._blob.size)
            self._list.unlink(missing_ok=True)
        except OSError as error:
            raise translate(error, self._path) or error from error
        return True

    def close(self) -> None:
        """Leave it, for a later try, unless it became a blob."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            if self._path.exists():
                self._note()

    @property
    def _list(self) -> Path:
        return self._path.with_suffix(_LIST)

    def _earlier(self) -> Spans:
        try:
            size = self._path.stat().st_size
            noted = msgspec.json.decode(self._list.read_bytes(), type=_Have)
            if size == noted.size == self._blob.size and all(end <= size for _, end in noted.have):
                return Spans(noted.have)
        except FileNotFoundError:
            pass
        except ValueError:
            pass  # a list that was cut off: begin again
        if self._path.exists():
            self._discard(self._path.stat().st_size)
        return Spans()

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CLOEXEC
        if self._path.exists():
            return os.open(self._path, flags)
        self._quota.take(self._blob.size)
        descriptor = -1
        try:
            descriptor = os.open(self._path, flags | os.O_CREAT | os.O_EXCL, 0o600)
            os.truncate(descriptor, self._blob.size)
        except OSError:
            self._quota.give_back(self._blob.size)
            if descriptor >= 0:
                os.close(descriptor)
                self._path.unlink()
            raise
        return descriptor

    def _note(self) -> None:
        self._noted = self.spans.length
        draft = self._path.with_suffix(".new")
        draft.write_bytes(msgspec.json.encode(_Have(self._blob.size, tuple(self.spans))))
        draft.replace(self._list)

    def _hash(self) -> str:
        digest = sha256()
        at = 0
        while piece := os.pread(self._descriptor, _BUFFER, at):
            digest.update(piece)
            at += len(piece)
        return digest.hexdigest()

    def _discard(self, size: int) -> None:
        self._path.unlink(missing_ok=True)
        self._list.unlink(missing_ok=True)
        self._quota.give_back(size)


def forget(files: BlobFiles, *, grace_s: float, dry_run: bool) -> tuple[Blob, ...]:
    """Remove (or only find) those to which nothing came for `grace_s` seconds; each that came renews it."""
    oldest = time.time() - grace_s
    gone = []
    for file in files.all_partials():
        if file.modified >= oldest:
            continue
        if len(file.path.name) == 64:
            gone.append(Blob(file.path.name, file.size))
        if not dry_run:
            file.path.unlink(missing_ok=True)
    return tuple(gone)
