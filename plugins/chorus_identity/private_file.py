"""A small file that is its owner's alone: made once, 0600, replaced by nothing but its owner's hand."""

import contextlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chorus_hooks.errors import Refused
from chorus_hooks.failpoint import failpoint

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class PrivateFile:
    """What a file is called in errors, how large it may be, and what to do when others may have read it.

    Its failpoints are `<failpoints>.link.before` (the content is complete and durable, but under a temporary
    name) and `<failpoints>.link.after` (it has its name; the directory is not yet synced).
    """

    noun: str
    limit: int
    exposed: str
    failpoints: str

    def read_or_make(self, path: Path, scratch: Path, make: Callable[[], bytes]) -> bytes:
        """Read it, or make it when there is none; of several processes that make one, one wins.

        `scratch` is a private directory on the same disk. Blocks on the disk. Raises Refused, with the
        cure, when the file is open to others, or cannot be read or written.
        """
        try:
            return self._read(path)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise self._unreadable(path, error) from error
        try:
            self._create(path, scratch, make())
            return self._read(path)
        except OSError as error:
            raise Refused(
                f"cannot make {self.noun} {path}: {error.strerror}",
                hint="make the state dir writable and free some space on its disk, or set CHORUS_STATE_DIR",
            ) from error

    def check_mode(self, path: Path, mode: int) -> None:
        """Raise Refused unless it is a file that only its owner may touch."""
        if not stat.S_ISREG(mode):
            raise Refused(f"{self.noun} {path} is not a file", hint="move it away, or restore it from a copy")
        if mode & _OTHERS:
            raise Refused(
                f"{self.noun} {path} is open to other users (mode {stat.S_IMODE(mode):04o})",
                hint=f"chmod 600 {path}; if others may have read it, {self.exposed}",
            )

    def _read(self, path: Path) -> bytes:
        """At most one byte more than the limit, so that too long a file is seen to be damaged."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            self.check_mode(path, os.fstat(descriptor).st_mode)
            return os.read(descriptor, self.limit + 1)
        finally:
            os.close(descriptor)

    def _unreadable(self, path: Path, error: OSError) -> Refused:
        return Refused(
            f"cannot read {self.noun} {path}: {error.strerror}",
            hint="run as the user who owns the state dir, or set CHORUS_STATE_DIR",
        )

    def _create(self, path: Path, scratch: Path, content: bytes) -> None:
        draft = scratch / f"{path.name}.{os.urandom(8).hex()}"
        try:
            _write(draft, content)
            failpoint(f"{self.failpoints}.link.before")
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(draft)  # unlike a rename, it never replaces what another process made
            failpoint(f"{self.failpoints}.link.after")
            _sync_directory(path.parent)
        finally:
            draft.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
