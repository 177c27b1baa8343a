"""The first start of a build of chorus.pyz: unpack it, and remove builds that nobody needs any more.

It runs from inside the archive and imports the standard library only. Folders, locks and half-made copies
have the names that shiv's own start uses, so both may work on one directory.
"""

import errno
import fcntl
import os
import re
import shutil
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK_SECONDS = 300
"""How long to wait for another first start, which unpacks the same build: minutes on an SD card."""

KEPT = 1
"""Builds kept beside the one that starts, for going back."""

BUILD = re.compile(r".+_[0-9a-f]{64}")


class UnpackError(Exception):
    """It cannot be unpacked; `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def unpack(archive: str, folder: str) -> None:
    """Make `folder` from the archive, unless it is there when the lock is ours. Raises UnpackError."""
    target = Path(folder)
    elsewhere = "set SHIV_ROOT to another directory"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if os.statvfs(target.parent).f_flag & os.ST_NOEXEC:
            raise UnpackError(
                f"{target.parent} is mounted noexec: compiled modules cannot run there", elsewhere
            )
        with _lock(target):
            if not target.is_dir():
                _extract(archive, target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnpackError(f"cannot unpack into {target.parent}: {reason}", elsewhere) from None
    except (zipfile.BadZipFile, zlib.error) as error:
        raise UnpackError(f"{archive} is damaged: {error}", "copy or download it again") from None


def _extract(archive: str, target: Path) -> None:
    partial = target.with_name(target.name + ".tmp")
    shutil.rmtree(partial, ignore_errors=True)  # of a start that was killed
    if sys.stderr.isatty():
        print(f"chorus: unpacking into {target.parent}, this once", file=sys.stderr)
    try:
        with zipfile.ZipFile(archive) as source:
            for entry in source.infolist():
                if entry.filename.startswith("site-packages/"):
                    Path(source.extract(entry, partial)).chmod(entry.external_attr >> 16)
            with source.open("bytecode.zip") as inner, zipfile.ZipFile(inner) as bytecode:
                bytecode.extractall(partial / "site-packages")
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _lock(target: Path) -> Iterator[None]:
    """Be the only one who unpacks or half unpacked `target`."""
    deadline = time.monotonic() + LOCK_SECONDS
    descriptor = os.open(_lock_file(target), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        while not _locked(descriptor):
            if time.monotonic() > deadline:
                raise TimeoutError(errno.ETIMEDOUT, "another start has not finished unpacking it")
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def _lock_file(target: Path) -> Path:
    return target.with_name(f".{target.name}_lock")


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def remove_old_builds(folder: str) -> None:
    """Remove other builds of CHORUS that no process runs, but for the one used last; never fails.

    A running process holds a shared lock on its folder, and whoever gets the exclusive one renames the
    folder before removing it: a start that comes meanwhile sees no folder, and unpacks anew.
    """
    current = Path(folder)
    with suppress(OSError):
        others = [path for path in current.parent.iterdir() if path != current and _is_build(path)]
        others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in others[KEPT:]:
            _remove(path)
        _remove_leftovers(current)


def _remove_leftovers(current: Path) -> None:
    """What a removal and a first start left that were killed."""
    for path in current.parent.glob(".*.old"):
        if BUILD.fullmatch(path.stem[1:]):
            shutil.rmtree(path, ignore_errors=True)
    for path in current.parent.glob(current.name[:-64] + "*.tmp"):
        descriptor = os.open(_lock_file(path.with_suffix("")), os.O_RDWR | os.O_CLOEXEC)
        try:
            if _locked(descriptor):
                shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(descriptor)


def _is_build(path: Path) -> bool:
    return bool(BUILD.fullmatch(path.name)) and (path / "site-packages/chorus/__main__.py").is_file()


def _remove(path: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if _locked(descriptor):
                gone = path.with_name(f".{path.name}.old")
                path.rename(gone)
                shutil.rmtree(gone, ignore_errors=True)
        finally:
            os.close(descriptor)
