"""The source of a task on the worker: a blob, read as a tree."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final

from chorus_executor.language import Detection, SourceFile, detect
from chorus_executor.tree import Node, Tree, read_trees
from chorus_hooks.blob import Blobs
from chorus_hooks.errors import ChorusError
from chorus_hooks.task import TaskDocument

_SHEBANG: Final = 128
_CHUNK: Final = 1 << 20


class SourceMissing(Exception):  # noqa: N818 - an outcome, reported as one
    """The source is not here, or is no tar."""


@dataclass(frozen=True)
class OpenSource:
    """A source: its tar (None when the task has none) and what is in it."""

    archive: BinaryIO | None
    tree: Tree

    @property
    def size(self) -> int:
        """The bytes of its files."""
        return sum(node.size for node in self.tree.nodes.values())

    def close(self) -> None:
        """Close the tar."""
        if self.archive is not None:
            self.archive.close()

    def detect(self, document: TaskDocument) -> Detection:
        """The language of the task. Raises UsageError for a name that is none."""
        files = (
            SourceFile(path, node.size, node.executable)
            for path, node in self.tree.nodes.items()
            if node.kind == "file"
        )
        commands = (*document.commands, *document.verify)
        return detect(document.language, files, self._head, commands, workdir=document.workdir)

    def _head(self, path: str) -> bytes:
        node = self.tree.nodes[path]
        return next(node.chunks(), b"")[:_SHEBANG] if node.size <= 1 << 20 else _first(node)

    def rewound(self) -> BinaryIO | None:
        """The tar at its start."""
        if self.archive is not None:
            self.archive.seek(0)
        return self.archive


def open_source(
    blobs: Blobs, document: TaskDocument, *, check: Callable[[], None] = lambda: None
) -> OpenSource:
    """Open and read the source of a task. Blocks on the disk. Raises SourceMissing, and what `check` does."""
    if document.source is None:
        return OpenSource(None, Tree())
    return OpenSource(*open_tar(blobs, document.source.sha256, check))


def open_tar(blobs: Blobs, sha256: str, check: Callable[[], None]) -> tuple[BinaryIO, Tree]:
    """Open a blob that is a tar, its hash checked, and read what is in it. Raises SourceMissing."""
    try:
        archive = blobs.open(sha256)
    except ChorusError as error:
        raise SourceMissing(error.message) from None
    try:
        _read_once(archive, check)
        return archive, _whole_tree(archive, sha256, check)
    except BaseException:
        archive.close()
        raise


def _whole_tree(archive: BinaryIO, sha256: str, check: Callable[[], None]) -> Tree:
    trees, damage = read_trees(archive, ("",), check=check)
    if damage:
        raise SourceMissing(f"the source {sha256[:12]} is no whole tar: {damage}")
    return trees[""]


def _read_once(archive: BinaryIO, check: Callable[[], None]) -> None:
    """From its start to its end: the store checks its hash on the way."""
    try:
        while archive.read(_CHUNK):
            check()
    except ChorusError as error:
        raise SourceMissing(error.message) from None


def _first(node: Node) -> bytes:
    node.archive.seek(node.offset, io.SEEK_SET)
    return node.archive.read(_SHEBANG)
