"""What the disk and SQLite may answer, as errors for a person. Pure."""

import errno
import sqlite3
from pathlib import Path
from typing import Final

from chorus_hooks.errors import ChorusError, Full, Refused

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_READ_ONLY: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; SQLITE_ERROR for what Python's module itself raises."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # the low byte of extended codes


def translate(error: BaseException, path: Path) -> ChorusError | None:
    """The error to tell about the file `path`; None when `error` is no fault of the disk but a bug."""
    if isinstance(error, ChorusError):
        return error
    if isinstance(error, sqlite3.Error):
        return _sqlite_fault(error, path)
    if isinstance(error, OSError):
        return _os_fault(error, path)
    if isinstance(error, UnicodeDecodeError):  # SQLite quotes a damaged schema, and sqlite3 cannot decode it
        return damaged(path, "its schema is unreadable")
    return None


def is_disk_fault(error: BaseException) -> bool:
    """Whether SQLite failed because of its file, and not because of the statement it was given."""
    return isinstance(error, sqlite3.Error) and _sqlite_fault(error, Path()) is not None


def disk_full(path: Path) -> Full:
    """No space is left for `path`."""
    return Full(
        f"the disk is full: cannot write {path}",
        hint="free some space, or set CHORUS_STATE_DIR to a directory on another disk",
    )


def read_only(path: Path) -> Refused:
    """`path` may not be written."""
    return Refused(
        f"cannot write {path}: the state dir is read-only for this user",
        hint="make it writable, or set CHORUS_STATE_DIR to a directory of your own",
    )


def damaged(path: Path, why: str) -> ChorusError:
    """`path` does not hold what was written there."""
    return ChorusError(
        f"{path} is damaged: {why}",
        hint="see how far it goes with `chorus log verify`; restore the state dir from a copy,"
        " or move journal.db away to begin a new log",
    )


def locked(path: Path) -> ChorusError:
    """Another process keeps `path` locked."""
    return ChorusError(
        f"{path} stayed locked by another process for too long",
        hint="look for a stopped or hanging chorus process on this state dir, end it, and try again",
    )


def _os_fault(error: OSError, path: Path) -> ChorusError:
    if error.errno in _FULL:
        return disk_full(path)
    if error.errno in _READ_ONLY:
        return read_only(path)
    return ChorusError(
        f"cannot use {path}: {error.strerror or error}", hint="check the disk and the state dir"
    )


def _sqlite_fault(error: sqlite3.Error, path: Path) -> ChorusError | None:
    match primary_code(error):
        case sqlite3.SQLITE_FULL:
            return disk_full(path)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return read_only(path)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL:
            return locked(path)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return damaged(path, str(error))
        case sqlite3.SQLITE_IOERR:
            return ChorusError(f"the disk failed under {path}: {error}", hint="check the disk (dmesg)")
    return None
