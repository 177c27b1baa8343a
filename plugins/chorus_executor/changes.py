"""How /workspace/data differs from the source: all of it for verify, and what a developer calls a change.

The two are not the same. Verify gets the whole produced tree. What is reported leaves out added files
that the source's own .gitignore files name, and caches that no project keeps; a changed or deleted file
of the source is always reported.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chorus_executor.ignore import TreeIgnore
from chorus_executor.names import printable, stays_inside
from chorus_executor.tarball import TarWriter
from chorus_executor.tree import Node, Tree, write_tree
from chorus_hooks.blob import Blobs
from chorus_hooks.task import Changes

_MOST_DELETIONS: Final = 10_000

# HOME is /workspace/data, so tools leave their caches there.
_CACHES: Final = (
    "__pycache__/",
    "*.pyc",
    ".pytest_cache/",
    ".mypy_cache/",
    ".ruff_cache/",
    ".hypothesis/",
    "/.git/",
    "/.cache/",
    "/.npm/",
    "/.m2/",
    "/.gradle/",
    "/.cargo/registry/",
    "/.local/share/",
    "/go/pkg/",
)


@dataclass(frozen=True)
class Difference:
    """What a tree has beyond another, has otherwise, and lacks. Directories do not count."""

    added: dict[str, Node]
    modified: dict[str, Node]
    deleted: tuple[str, ...]


def compare(source: Tree, data: Tree, *, check: Callable[[], None] = lambda: None) -> Difference:
    """Every difference, contents compared byte by byte. Reads the archives under both."""
    added: dict[str, Node] = {}
    modified: dict[str, Node] = {}
    for path, node in data.nodes.items():
        if node.kind == "directory":
            continue
        before = source.nodes.get(path)
        if before is None or before.kind == "directory":
            added[path] = node
        elif not before.same(node):
            modified[path] = node
        check()
    deleted = [
        path
        for path, node in source.nodes.items()
        if node.kind != "directory" and data.nodes.get(path, _GONE).kind == "directory"
    ]
    return Difference(added, modified, tuple(sorted(deleted)))


@dataclass
class Reported:
    """The changes as they are kept, and what could not be told."""

    changes: Changes | None
    dropped: list[str]


def store_changes(
    blobs: Blobs, source: Tree, difference: Difference, *, whole: bool, check: Callable[[], None]
) -> Reported:
    """Store what a developer would see in a diff. Blocks on the disk. Raises Refused when the store is full.

    When the collection was not whole, what is missing may be there: then nothing is called deleted.
    """
    dropped: list[str] = []
    ignored = TreeIgnore(source, _CACHES)
    added = {path: node for path, node in difference.added.items() if not ignored(path)}
    nodes = {
        path: node
        for path, node in {**added, **difference.modified}.items()
        if _portable(path, node, dropped)
    }
    deleted = _deletions(difference.deleted, dropped) if whole else ()
    if not nodes and not deleted:
        return Reported(None, dropped)
    with blobs.create() as writer:

        def write(data: bytes) -> None:
            check()
            writer.write(data)

        write_tree(nodes, TarWriter(write))
        blob = writer.commit()
    changes = Changes(
        sha256=blob.sha256,
        added=sum(path in added for path in nodes),
        modified=sum(path in difference.modified for path in nodes),
        deleted=deleted,
    )
    return Reported(changes, dropped)


def published(source: Tree, data: Tree) -> Tree:
    """The tree as whoever applies the changes gets it: nothing is there that no diff shows.

    A build that git ignores, or bytecode, may be of another state of the work than its source is.
    """
    ignored = TreeIgnore(source, _CACHES)
    nodes = dict(data.nodes)
    for path, node in data.nodes.items():
        before = source.nodes.get(path)
        if before is None and node.kind != "directory" and ignored(path):
            del nodes[path]
        elif not _portable(path, node, []) and (before is None or not before.same(node)):
            del nodes[path]
            if before is not None:
                nodes[path] = before
    return Tree(nodes)


def _portable(path: str, node: Node, dropped: list[str]) -> bool:
    if node.kind == "symlink" and not stays_inside(path, node.target):
        dropped.append(f"{printable(path)}: is a link that leaves the tree, to {printable(node.target)}")
        return False
    return True


def _deletions(deleted: tuple[str, ...], dropped: list[str]) -> tuple[str, ...]:
    told = []
    for path in deleted[:_MOST_DELETIONS]:
        if path.isascii() or path.encode("utf-8", "replace").decode() == path:
            told.append(path)
        else:
            dropped.append(f"{printable(path)}: was deleted, but its name is not UTF-8")
    if len(deleted) > _MOST_DELETIONS:
        dropped.append(f"{len(deleted) - _MOST_DELETIONS} more deleted files are not listed")
    return tuple(told)


_GONE: Final = Node("directory", None)  # type: ignore[arg-type]
