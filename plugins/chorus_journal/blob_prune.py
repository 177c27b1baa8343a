"""Removing the blobs that nothing holds. Blocks."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

from chorus_hooks.blob import Blob
from chorus_hooks.failpoint import failpoint
from chorus_journal.blob_files import BlobFiles
from chorus_journal.database import begin_immediate, connect_writer, roll_back
from chorus_journal.faults import translate

_BATCH: Final = 128
"""Blobs per lock, so that who writes waits for milliseconds only."""


def prune(files: BlobFiles, database: Path, *, grace_s: float, dry_run: bool) -> tuple[Blob, ...]:
    """Remove (or only find) blobs that are older than `grace_s` seconds and held by nobody.

    Each batch goes under the journal's write lock and the lock of the tree: no hold is recorded, and no
    blob is written or renewed, between the look at it and its end.
    """
    oldest = time.time() - grace_s
    aged = (file.path for file in files.all() if file.modified < oldest)
    gone: list[Blob] = []
    try:
        with closing(connect_writer(database)) as connection:
            while batch := list(islice(aged, _BATCH)):
                with _locked(files, connection, database):
                    gone += _prune_batch(batch, connection, oldest, dry_run=dry_run)
    except (sqlite3.Error, OSError) as error:
        raise translate(error, files.root) or error from error
    return tuple(gone)


@contextmanager
def _locked(files: BlobFiles, connection: sqlite3.Connection, database: Path) -> Iterator[None]:
    begin_immediate(connection, database)
    try:
        with files.pruning():
            yield
    finally:
        roll_back(connection)


def _prune_batch(
    batch: Sequence[Path], connection: sqlite3.Connection, oldest: float, *, dry_run: bool
) -> Iterator[Blob]:
    for path in batch:
        held = connection.execute("SELECT 1 FROM hold WHERE sha256 = ?", (path.name,)).fetchone()
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        if held is None and status.st_mtime < oldest:
            if not dry_run:
                path.unlink()
                failpoint("blob.prune")
            yield Blob(path.name, status.st_size)
