"""What a task changed in its source, read from two blobs and told file by file. Blocks on the disk."""

import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

from chorus_coordinator.cli.patch import LINK, File, file_patch
from chorus_hooks.blob import Blobs
from chorus_hooks.errors import ChorusError
from chorus_hooks.task import Task

MAX_FILE: Final = 64 << 20
"""A larger file is told to differ, and not shown: both sides of it are held in memory."""


@dataclass
class _Tar:
    """The files of one tar, found by name and read one at a time."""

    archive: tarfile.TarFile | None = None
    members: dict[str, tarfile.TarInfo] = field(default_factory=dict)

    def size(self, path: str) -> int:
        member = self.members.get(path)
        return member.size if member else 0

    def file(self, path: str) -> File | None:
        member = self.members.get(path)
        if member is None or self.archive is None:
            return None
        if member.issym():
            return File(LINK, member.linkname.encode("utf-8", "surrogateescape"))
        content = self.archive.extractfile(member)
        return File("100755" if member.mode & 0o100 else "100644", content.read() if content else b"")


def patches(blobs: Blobs, task: Task, *, binary: bool) -> Iterator[bytes]:
    """The patch of each changed file, in the order of their names; nothing when nothing changed."""
    if task.result is None or task.result.changes is None:
        return
    changes = task.result.changes
    with ExitStack() as stack:
        after = _opened(blobs, changes.sha256, stack)
        source = task.document.source
        before = _opened(blobs, source.sha256, stack) if source else _Tar()
        for path in sorted({*after.members, *(set(changes.deleted) & set(before.members))}):
            if max(before.size(path), after.size(path)) > MAX_FILE:
                yield f"Files a/{path} and b/{path} differ, and are too large to show\n".encode(
                    "utf-8", "surrogateescape"
                )
            else:
                yield file_patch(path, before.file(path), after.file(path), binary=binary)


def _opened(blobs: Blobs, sha256: str, stack: ExitStack) -> _Tar:
    blob = stack.enter_context(blobs.open(sha256))
    try:
        archive = stack.enter_context(
            tarfile.TarFile(fileobj=blob, encoding="utf-8", errors="surrogateescape")
        )
        members = {member.name: member for member in archive if member.isreg() or member.issym()}
    except tarfile.TarError as error:
        raise ChorusError(f"the blob {sha256[:12]} is no tar: {error}") from None
    return _Tar(archive, members)
