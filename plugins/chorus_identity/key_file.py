"""The key on disk: made once, 0600, never replaced by anything but its owner's hand."""

import contextlib
import os
import stat
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chorus_hooks.errors import Refused
from chorus_hooks.failpoint import failpoint
from chorus_identity.key_message import SIZE, decode_key, encode_key

FAILPOINTS: Final = (
    "identity.link.before",  # the new key is complete and durable, but under a temporary name
    "identity.link.after",  # the key has its name; the directory is not yet synced
)
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def load_or_create(path: Path, scratch: Path) -> Ed25519PrivateKey:
    """Read the key, or make it when there is none; of several processes that make one, one wins.

    `scratch` is a private directory on the same disk. Blocks on the disk. Raises Refused, with the cure,
    when the file is open to others, damaged, or cannot be read or written.
    """
    try:
        return _load(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        _create(path, scratch)
        return _load(path)
    except OSError as error:
        raise Refused(
            f"cannot make the identity key {path}: {error.strerror}",
            hint="make the state dir writable and free some space on its disk, or set CHORUS_STATE_DIR",
        ) from error


def _load(path: Path) -> Ed25519PrivateKey:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        _check_mode(path, os.fstat(descriptor).st_mode)
        message = os.read(descriptor, SIZE + 1)
    finally:
        os.close(descriptor)
    try:
        return decode_key(message)
    except ValueError as error:
        raise Refused(
            f"the identity key {path} is damaged: {error}",
            hint="restore it from a copy; or move it and journal.db away, to begin anew as another peer",
        ) from error


def _check_mode(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise Refused(f"the identity key {path} is not a file", hint="move it away, or restore the key")
    if mode & _OTHERS:
        raise Refused(
            f"the identity key {path} is open to other users (mode {stat.S_IMODE(mode):04o})",
            hint=f"chmod 600 {path}; if others may have read it, move it away and begin as another peer",
        )


def _unreadable(path: Path, error: OSError) -> Refused:
    return Refused(
        f"cannot read the identity key {path}: {error.strerror}",
        hint="run as the user who owns the state dir, or set CHORUS_STATE_DIR",
    )


def _create(path: Path, scratch: Path) -> None:
    draft = scratch / f"{path.name}.{os.urandom(8).hex()}"
    try:
        _write(draft, encode_key(Ed25519PrivateKey.generate()))
        failpoint("identity.link.before")
        _name(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _name(draft: Path, path: Path) -> None:
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)  # unlike a rename, it never replaces a key that another process made
    failpoint("identity.link.after")
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
