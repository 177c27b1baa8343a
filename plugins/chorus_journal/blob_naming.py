"""A file of bytes becomes a blob. Blocks."""

import os
from pathlib import Path

from chorus_hooks.blob import Blob
from chorus_hooks.failpoint import failpoint
from chorus_journal.blob_files import BlobFiles
from chorus_journal.blob_reader import is_whole
from chorus_journal.directory import sync_directory


def keep(files: BlobFiles, file: Path, descriptor: int, blob: Blob) -> None:
    """Give `file` its name, durably. Bytes that are stored already begin their grace period anew."""
    path = files.path(blob.sha256)
    if not _renew(files, path, blob):
        os.fsync(descriptor)
        failpoint("blob.rename.before")
        with files.naming():
            files.name(file, blob.sha256)
        failpoint("blob.rename.after")
    sync_directory(path.parent)


def _renew(files: BlobFiles, path: Path, blob: Blob) -> bool:
    if files.find(blob.sha256) is None or not is_whole(path, blob.sha256):
        return False
    with files.naming():
        try:
            os.utime(path)
        except FileNotFoundError:
            return False
    return True
