"""A hash of the whole database file at rest: finds the wrong bytes that no signature covers.

Entries and checkpoints prove themselves. Views, unused space and SQLite's own bookkeeping do not, so the
last process that closes a small database writes `journal.sum` (as `sha256sum` does), and whoever is about
to write removes it first. Blocks on the disk.
"""

import os
from contextlib import AbstractContextManager, suppress
from hashlib import file_digest
from pathlib import Path
from typing import Final

from chorus_hooks.errors import ChorusError
from chorus_journal.directory import sync_directory
from chorus_journal.flock import flock

_LARGEST: Final = 4 << 20
"""Bytes. Hashing a larger file would be felt at the end of every command."""


def in_use(path: Path) -> AbstractContextManager[None]:
    """Held as long as a process may write to the database `path`."""
    return flock(_users(path), exclusive=False)


def seal(path: Path) -> None:
    """Write the sum, unless another process still uses the file. Losing the sum is no fault."""
    with suppress(OSError, ChorusError), flock(_users(path), exclusive=True, timeout=0):
        if _read(path) is None and path.stat().st_size <= _LARGEST and not has_wal(path):
            _write(path)


def break_seal(path: Path) -> None:
    """The file is about to change."""
    try:
        _sum(path).unlink()
    except FileNotFoundError:
        return
    sync_directory(path.parent)


def is_broken(path: Path) -> bool:
    """Whether the file at rest is not the one that was sealed. False when there is no seal."""
    before = _read(path)
    return before is not None and before != _line(path) and before == _read(path)


def has_wal(path: Path) -> bool:
    """Whether there are commits that are not in the file `path` itself."""
    try:
        return path.with_name(path.name + "-wal").stat().st_size > 0
    except FileNotFoundError:
        return False


def _write(path: Path) -> None:
    draft = path.with_name("journal.sum.new")
    with draft.open("wb") as file:
        file.write(_line(path))
        file.flush()
        os.fsync(file.fileno())
    draft.rename(_sum(path))
    sync_directory(path.parent)


def _users(path: Path) -> Path:
    return path.with_name("journal.users")


def _sum(path: Path) -> Path:
    return path.with_name("journal.sum")


def _read(path: Path) -> bytes | None:
    try:
        return _sum(path).read_bytes()
    except FileNotFoundError:
        return None


def _line(path: Path) -> bytes:
    with path.open("rb") as file:
        return f"{file_digest(file, 'sha256').hexdigest()}  {path.name}\n".encode()
