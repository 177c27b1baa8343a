"""The provider of `BlobWriter`: a draft that becomes a blob by its name. Blocks."""

import contextlib
import os
import secrets
from hashlib import sha256

from chorus_hooks.blob import Blob
from chorus_hooks.failpoint import failpoint
from chorus_journal.blob_files import BlobFiles
from chorus_journal.blob_naming import keep
from chorus_journal.blob_quota import Quota
from chorus_journal.faults import translate


class FileBlobWriter:
    """Hashes what it writes. `close` it in any case."""

    def __init__(self, files: BlobFiles, quota: Quota, boot: str) -> None:
        self._files = files
        self._quota = quota
        self._hash = sha256()
        self._size = 0
        self._draft = files.drafts / f"{boot}.{secrets.token_hex(8)}"
        self._done: Blob | None = None
        self._descriptor = self._open()

    def write(self, data: bytes) -> int:
        """Append bytes. Raises Refused when the quota or the disk is full."""
        self._quota.take(len(data))
        self._size += len(data)
        self._hash.update(data)
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as error:
            raise translate(error, self._draft) or error from error
        failpoint("blob.write")
        return len(data)

    def commit(self) -> Blob:
        """Make it durable under its hash."""
        if self._done is None:
            try:
                self._done = self._commit()
            except OSError as error:
                raise translate(error, self._draft) or error from error
        return self._done

    def close(self) -> None:
        """Remove the draft, unless it became a blob."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            with contextlib.suppress(FileNotFoundError):
                self._draft.unlink()
                self._quota.give_back(self._size)

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            return os.open(self._draft, flags, 0o600)
        except OSError as error:
            raise translate(error, self._draft) or error from error

    def _commit(self) -> Blob:
        blob = Blob(self._hash.hexdigest(), self._size)
        keep(self._files, self._draft, self._descriptor, blob)
        return blob
