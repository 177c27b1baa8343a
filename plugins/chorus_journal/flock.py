"""A file lock of the operating system: gone with its process, however that ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from chorus_journal.faults import locked, translate

TIMEOUT: Final = 5.0
"""Seconds to wait. Holders keep a lock for milliseconds: after this, one of them is stopped or hangs."""
_FIRST_PAUSE: Final = 0.0005
_LONGEST_PAUSE: Final = 0.02


@contextmanager
def flock(path: Path, *, exclusive: bool, timeout: float = TIMEOUT) -> Iterator[None]:
    """Hold the lock of `path`, made when it is not there. Blocks.

    Raises ChorusError after `timeout` seconds, Refused when the file cannot be made.
    """
    descriptor = _open(path)
    try:
        _acquire(descriptor, path, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH, timeout)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise translate(error, path) or error from error


def _acquire(descriptor: int, path: Path, kind: int, timeout: float) -> None:
    deadline, pause = time.monotonic() + timeout, _FIRST_PAUSE
    while True:
        try:
            return fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise locked(path) from None
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
