"""Packs a directory into a blob: a deterministic tar of what a developer would commit."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from chorus_executor.archive import MOST_MEMBERS
from chorus_executor.tarball import TarWriter
from chorus_executor.thread import check, in_thread
from chorus_executor.walk import Entry, TreeChanged, Walk, unreadable
from chorus_hooks.blob import Blobs
from chorus_hooks.errors import UsageError
from chorus_hooks.failpoint import failpoint
from chorus_hooks.source import PackedSource

_CHUNK: Final = 1 << 20
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class BlobPacker:
    """The Packer of this node."""

    blobs: Blobs

    async def pack(self, root: Path) -> PackedSource:
        """Pack in a worker thread; cancelling it leaves nothing behind."""
        return await in_thread(lambda: pack(self.blobs, root, check=check))


def pack(blobs: Blobs, root: Path, *, check: Callable[[], None] = lambda: None) -> PackedSource:
    """Pack a directory. Blocks; `check` is called between files and between pieces of large ones."""
    walk = Walk(_directory(root))
    size = files = members = 0
    with blobs.create() as blob:
        writer = TarWriter(blob.write)
        for entry in walk.entries():
            check()
            members += 1
            if members > MOST_MEMBERS:
                raise UsageError(
                    f"{root} holds more than {MOST_MEMBERS} files",
                    hint="name what is not needed in .gitignore",
                )
            if entry.kind == "directory":
                writer.directory(entry.path)
            elif entry.kind == "symlink":
                writer.symlink(entry.path, entry.target)
            else:
                _file(writer, walk.root, entry, check)
                size += entry.seen.st_size
                files += 1
        writer.close()
        stored = blob.commit()
    failpoint("executor.packed")
    return PackedSource(stored.sha256, size, files, tuple(walk.skipped))


def _directory(root: Path) -> Path:
    try:
        real = root.resolve(strict=True)
        if not real.is_dir():
            raise UsageError(f"{root} is no directory", hint="name a directory to work on")
    except (OSError, ValueError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such name"
        raise UsageError(f"{root} cannot be packed: {reason}", hint="name a directory to work on") from None
    return real


def _file(writer: TarWriter, root: Path, entry: Entry, check: Callable[[], None]) -> None:
    try:
        handle = os.open(f"{root}/{entry.path}", _READ)
    except PermissionError as error:
        raise unreadable(entry.path, error) from None
    except OSError:
        raise TreeChanged(entry.path) from None
    with os.fdopen(handle, "rb", buffering=0) as file:
        if _looks(os.fstat(handle)) != _looks(entry.seen):
            raise TreeChanged(entry.path)
        try:
            executable = bool(entry.seen.st_mode & 0o100)
            writer.file(entry.path, entry.seen.st_size, _chunks(file, entry, check), executable=executable)
        except OSError as error:
            raise unreadable(entry.path, error) from None
        if _looks(os.fstat(handle)) != _looks(entry.seen):
            raise TreeChanged(entry.path)


def _chunks(file: BinaryIO, entry: Entry, check: Callable[[], None]) -> Iterator[bytes]:
    left = entry.seen.st_size
    while left:
        chunk = file.read(min(left, _CHUNK))
        if not chunk:
            raise TreeChanged(entry.path)
        left -= len(chunk)
        yield chunk
        if left:
            check()


def _looks(seen: os.stat_result) -> tuple[int, int, int, int, int]:
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_mode
