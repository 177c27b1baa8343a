"""Writes artifacts into a directory. Their paths come from a sandbox and are not trusted.

Every step is taken from an open directory (openat(2)) and follows no link, so nothing is written
outside. A file is written under another name and then renamed: it is whole or not there, and a link of
that name is replaced, not followed.
"""

import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from chorus_hooks.errors import Refused, UsageError
from chorus_hooks.task import Artifact

OpenBlob: TypeAlias = Callable[[str], BinaryIO]

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK: Final = 1 << 20


def deliver(
    open_blob: OpenBlob, artifacts: Sequence[Artifact], out: Path, check: Callable[[], None] = lambda: None
) -> None:
    """Write all artifacts under `out`, which is made when missing. Blocks on the disk.

    Files are overwritten, links in the way are not followed. `check` is called between pieces and may
    raise to stop. Raises UsageError when `out` is no
    directory to write into, Refused for a path that leads out of it.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        root = os.open(out, _DIRECTORY)
    except OSError as error:
        raise UsageError(f"artifacts cannot go to {out}: {error.strerror}") from None
    try:
        for artifact in artifacts:
            _write(open_blob, artifact, root, check)
    finally:
        os.close(root)


def _write(open_blob: OpenBlob, artifact: Artifact, root: int, check: Callable[[], None]) -> None:
    *directories, name = parts_of(artifact.path)
    opened = os.dup(root)
    try:
        for directory in directories:
            below = _enter(opened, directory)
            os.close(opened)
            opened = below
        _file(open_blob, artifact, opened, name, check)
    except OSError as error:
        raise Refused(
            f"the artifact {artifact.path} cannot be written: {error.strerror}",
            hint="nothing is written through links; remove what is in the way, or choose another directory",
        ) from None
    finally:
        os.close(opened)


def parts_of(path: str) -> list[str]:
    """The steps of an artifact's path. Raises Refused when it leads out, or nowhere."""
    parts = path.split("/")
    if any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise Refused(f"the artifact path {path!r} leads out of the directory")
    return parts


def _enter(above: int, name: str) -> int:
    with suppress(FileExistsError):
        os.mkdir(name, 0o777, dir_fd=above)
    return os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=above)


def _file(
    open_blob: OpenBlob, artifact: Artifact, directory: int, name: str, check: Callable[[], None]
) -> None:
    draft = f".chorus-{secrets.token_hex(8)}"
    target = os.open(draft, _NEW, 0o666, dir_fd=directory)
    try:
        with os.fdopen(target, "wb") as file, open_blob(artifact.sha256) as blob:
            while chunk := blob.read(_CHUNK):
                check()
                file.write(chunk)
        os.rename(draft, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        os.unlink(draft, dir_fd=directory)
        raise
