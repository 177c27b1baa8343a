"""What verify runs on: the produced tree, with the files that judge the work as the source has them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from chorus_executor.globs import matcher
from chorus_executor.names import parents
from chorus_executor.tree import Node, Tree


@dataclass(frozen=True)
class CleanRoom:
    """The tree to verify, and the paths that had been touched and were put back or removed."""

    nodes: dict[str, Node]
    restored: tuple[str, ...]

    @property
    def size(self) -> int:
        """The bytes of its files."""
        return sum(node.size for node in self.nodes.values())


def clean_room(source: Tree, data: Tree, protect: Sequence[str]) -> CleanRoom:
    """Source plus all changes; what `protect` matches is as in the source, and nothing more matches."""
    protected = matcher(protect)
    nodes = dict(data.nodes)
    restored: set[str] = set()
    for path, node in data.nodes.items():
        before = source.nodes.get(path)
        if not protected(path) or (before is not None and before.same(node)):
            continue
        if node.kind != "directory" or (before is not None and before.kind != "directory"):
            del nodes[path]
            restored.add(path)
    occupied = {parent for path in nodes for parent in parents(path)}
    for path, node in source.nodes.items():
        if protected(path) and node.kind != "directory" and path not in nodes:
            restored |= _make_room(nodes, path, occupied)
            nodes[path] = node
            restored.add(path)
    return CleanRoom(nodes, tuple(sorted(restored)))


def _make_room(nodes: dict[str, Node], path: str, occupied: set[str]) -> set[str]:
    """Remove what stands where a path has to go: a file or link above it, anything below it."""
    above = {parent for parent in parents(path) if parent in nodes and nodes[parent].kind != "directory"}
    below = {other for other in nodes if other.startswith(path + "/")} if path in occupied else set()
    for other in above | below:
        del nodes[other]
    return above | below
