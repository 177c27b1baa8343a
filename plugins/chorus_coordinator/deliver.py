"""Writing artifacts into a directory of the caller's: never outside it, never through a link."""

import os
import shutil
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path

from chorus_hooks.blob import Blobs
from chorus_hooks.errors import ChorusError
from chorus_hooks.task import Artifact

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def write_artifacts(blobs: Blobs, artifacts: Iterable[Artifact], folder: Path) -> int:
    """Write each artifact under `folder`, which is made when missing; returns how many.

    An existing file is replaced as a whole. Blocks on the disk. Raises ChorusError that names the path.
    """
    count = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ChorusError(f"{folder} cannot be made: {error.strerror}") from None
    with ExitStack() as stack:
        root = _open(str(folder), None, stack)
        for artifact in artifacts:
            try:
                _write(blobs, artifact, root)
            except OSError as error:
                raise ChorusError(f"{folder / artifact.path} cannot be written: {error.strerror}") from None
            count += 1
    return count


def _write(blobs: Blobs, artifact: Artifact, root: int) -> None:
    *folders, name = artifact.path.split("/")
    with ExitStack() as stack:
        at = root
        for folder in folders:
            with suppress(FileExistsError):
                os.mkdir(folder, 0o755, dir_fd=at)
            at = _open(folder, at, stack)
        part = f".{name[:200]}.part"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        target = os.open(part, flags, 0o644, dir_fd=at)
        try:
            with blobs.open(artifact.sha256) as blob, os.fdopen(target, "wb") as file:
                shutil.copyfileobj(blob, file, 1 << 20)
            os.replace(part, name, src_dir_fd=at, dst_dir_fd=at)
        except BaseException:
            os.unlink(part, dir_fd=at)
            raise


def _open(path: str, at: int | None, stack: ExitStack) -> int:
    directory = os.open(path, _DIRECTORY if at is not None else _DIRECTORY & ~os.O_NOFOLLOW, dir_fd=at)
    stack.callback(os.close, directory)
    return directory
