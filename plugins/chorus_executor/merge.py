"""The changes of several parts brought together: of two that change one file, the first wins. Pure."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from chorus_executor.names import parents, printable
from chorus_executor.tree import Node
from chorus_hooks.reasoner import Clash

_MOST_BYTES: Final = 64 << 10
_MOST_LINES: Final = 20
_WIDEST: Final = 160

Changed = Mapping[str, Node | None]
"""What a part changed: the new node of each path, None for one that it deleted."""


@dataclass
class Merge:
    """What comes out: the nodes to write, the paths to delete, what each part gave, and what clashed."""

    nodes: dict[str, Node] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    given: list[list[str]] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)


def merge(parts: Sequence[Changed]) -> Merge:
    """Take each change of each part in order, unless an earlier part had the same place."""
    merged = Merge()
    owner: dict[str, int] = {}
    places: dict[str, str] = {}
    for number, changed in enumerate(parts):
        given: list[str] = []
        for path in sorted(changed):
            node = changed[path]
            other = path if path in owner else _in_the_way(merged, places, path, node)
            if other is None:
                given.append(path)
            elif other != path or not _alike(merged.nodes.get(path), node):
                diff = (
                    _diff(merged.nodes.get(path), node)
                    if other == path
                    else f"{printable(other)} is in the way"
                )
                merged.clashes.append(Clash(number, path, owner[other], diff))
        for path in given:
            _take(merged, places, owner, number, path, changed[path])
        merged.given.append(given)
    return merged


def _in_the_way(merged: Merge, places: Mapping[str, str], path: str, node: Node | None) -> str | None:
    """A path of an earlier part that cannot be there together with this one: a file above or below it."""
    if node is None:
        return None
    above = next((parent for parent in parents(path) if parent in merged.nodes), None)
    return above or places.get(path)


def _take(
    merged: Merge, places: dict[str, str], owner: dict[str, int], number: int, path: str, node: Node | None
) -> None:
    owner[path] = number
    if node is None:
        merged.deleted.add(path)
        return
    merged.nodes[path] = node
    for parent in parents(path):
        places.setdefault(parent, path)


def _alike(taken: Node | None, node: Node | None) -> bool:
    return taken is node if taken is None or node is None else taken.same(node)


def _diff(taken: Node | None, node: Node | None) -> str:
    """The change that was not taken, against the one that was, in a few lines."""
    if taken is None or node is None:
        return "one deletes it, the other changes it"
    texts = [_lines(taken), _lines(node)]
    if texts[0] is None or texts[1] is None:
        return "both changed it, and it is no short text"
    lines = list(difflib.unified_diff(texts[0], texts[1], "taken", "not taken", n=1, lineterm=""))
    shown = [line[:_WIDEST] for line in lines[:_MOST_LINES]]
    return (
        "\n".join([*shown, *(["…"] if len(lines) > _MOST_LINES else [])]) or "they differ in their modes only"
    )


def _lines(node: Node) -> list[str] | None:
    if node.kind != "file" or node.size > _MOST_BYTES:
        return None
    try:
        return b"".join(node.chunks()).decode().splitlines()
    except UnicodeDecodeError:
        return None
