"""The state dir: private, on a local disk, and shared by several processes, each of them one *boot*.

A boot holds an exclusive file lock on `boots/<id>` for as long as its process lives. The operating system
drops the lock whatever ends the process, so liveness is never a guess about pids or clocks.
"""

import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chorus import __version__
from chorus_hooks.errors import Refused

SEAT = "node.lock"
LOCK_TRIES = 20
"""Somebody has to look at the boots in the same microseconds, each time anew."""

_NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p"})


class Boot:
    """This process on a state dir; implements `chorus_hooks.node.Node`."""

    version = __version__

    def __init__(self, state_dir: Path, boot: str, serving: bool = False) -> None:
        self.state_dir = state_dir
        self.boot = boot
        self.serving = serving
        self.scratch = state_dir / "scratch" / boot

    def alive(self, boot: str) -> bool:
        """Whether the process of that boot id still holds its lock."""
        return boot == self.boot or _locked(self.state_dir / "boots" / boot)


@contextmanager
def open_state_dir(state_dir: Path, *, serving: bool = False) -> Iterator[Boot]:
    """Make the state dir when it is missing, join it as a new boot, and clean up after dead ones.

    Raises Refused when it cannot be used: on a network file system (SQLite's WAL needs shared memory),
    read-only, full, not ours, or no directory; and when it has a node already and another wants to serve.
    """
    boot = Boot(state_dir, secrets.token_hex(16), serving)
    try:
        _prepare(state_dir)
        seat = _take_seat(state_dir) if serving else None
        lock = _take_lock(state_dir / "boots", boot.boot)
    except OSError as error:
        raise _unusable(state_dir, error) from None
    try:
        boot.scratch.mkdir(mode=0o700)
        _clear_dead(boot)
        yield boot
    finally:
        shutil.rmtree(boot.scratch, ignore_errors=True)
        (state_dir / "boots" / boot.boot).unlink(missing_ok=True)
        os.close(lock)
        if seat is not None:
            os.close(seat)


def node_is_up(state_dir: Path) -> bool:
    """Whether a node holds the state dir's seat."""
    return _locked(state_dir / SEAT)


def node_pid(state_dir: Path) -> int | None:
    """The process that holds the state dir's seat; None when there is no node."""
    if not node_is_up(state_dir):
        return None
    try:
        return int((state_dir / SEAT).read_text(encoding="ascii"))
    except (OSError, ValueError):  # it took the seat just now, and did not sign yet; or it left
        return None


def _prepare(state_dir: Path) -> None:
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    kind = file_system(state_dir)
    if kind in _NETWORK_FILE_SYSTEMS:
        raise Refused(
            f"the state dir {state_dir} is on {kind}, where the journal cannot be kept safely",
            hint="put it on a local disk with --state-dir or CHORUS_STATE_DIR",
        )
    for name in ("boots", "scratch"):
        (state_dir / name).mkdir(mode=0o700, exist_ok=True)


def _take_seat(state_dir: Path) -> int:
    """The lock that only one process on a state dir holds: its node."""
    seat = os.open(state_dir / SEAT, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(seat, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(seat, 32).decode("ascii", "replace").strip()
        os.close(seat)
        raise Refused(
            f"a node already runs on {state_dir} (process {holder or 'unknown'})",
            hint="`chorus status` shows it; another node needs a --state-dir of its own",
        ) from None
    os.ftruncate(seat, 0)
    os.write(seat, str(os.getpid()).encode())
    return seat


def _take_lock(boots: Path, boot: str) -> int:
    # Locked under another name first: nobody may ever see the boot's file without its lock.
    hidden = boots / f".{boot}"
    for _ in range(LOCK_TRIES):
        lock = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            hidden.rename(boots / boot)
        except FileNotFoundError:  # another process saw it before its lock, and took it for a dead one's
            os.close(lock)
        else:
            return lock
    raise BlockingIOError(errno.EAGAIN, "other processes are clearing it all the time")


def _locked(path: Path) -> bool:
    try:
        probe = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(probe)


def _clear_dead(boot: Boot) -> None:
    """Remove what dead boots left in scratch, then their lock files."""
    for scratch in (boot.state_dir / "scratch").iterdir():
        if not boot.alive(scratch.name):
            shutil.rmtree(scratch, ignore_errors=True)
    for lock in (boot.state_dir / "boots").iterdir():
        if not boot.alive(lock.name):
            lock.unlink(missing_ok=True)


def file_system(path: Path) -> str:
    """The type of the file system that holds a path, from /proc/self/mountinfo (proc(5))."""
    best, kind = "", ""
    for line in (
        Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    ):
        left, _, right = line.partition(" - ")
        mount = left.split()[4].encode("latin-1", "backslashreplace").decode("unicode_escape")
        if len(mount) >= len(best) and path.resolve().is_relative_to(mount):
            best, kind = mount, right.split()[0]
    return kind


def _unusable(state_dir: Path, error: OSError) -> Refused:
    hints = {
        errno.EROFS: "it is on a read-only file system; choose another with --state-dir or CHORUS_STATE_DIR",
        errno.ENOSPC: "the disk is full; free some space or choose another with --state-dir",
        errno.EDQUOT: "the disk quota is used up; free some space or choose another with --state-dir",
    }
    return Refused(
        f"the state dir {state_dir} cannot be used: {error.strerror}",
        hint=hints.get(error.errno or 0, "choose another with --state-dir or CHORUS_STATE_DIR"),
    )
