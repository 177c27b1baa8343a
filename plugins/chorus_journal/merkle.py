"""The Merkle tree of RFC 6962 and RFC 9162 over SHA-256. Pure.

    leaf hash = SHA-256(00 | entry)      node hash = SHA-256(01 | left | right)      empty tree = SHA-256("")

A subtree is named by its level and index: level 0 is a leaf, level L covers 2^L leaves beginning at
index * 2^L. Hashes of subtrees at every eighth level are kept ("tile roots", as C2SP tlog-tiles cuts the
tree), so that a proof reads a few hundred hashes and not the whole log.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

EMPTY_ROOT: Final = sha256(b"").digest()
HASH_SIZE: Final = 32
TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT


@dataclass(frozen=True, slots=True)
class Subtree:
    """A complete subtree: `hash` covers the leaves [index * 2^level, (index + 1) * 2^level)."""

    level: int
    index: int
    hash: bytes


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbours."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """What a writer must know to append: the roots of the largest complete subtrees, left to right."""

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if len(self.hashes) != size.bit_count() or any(len(h) != HASH_SIZE for h in self.hashes):
            raise ValueError(f"that is no frontier of {size} leaves")

    def copy(self) -> "Frontier":
        """Another one that starts out equal."""
        return Frontier(self.size, self.hashes)

    def add(self, leaf: bytes) -> Sequence[Subtree]:
        """Append one leaf hash; returns the tile roots that it completes, mostly none."""
        node, index, level = leaf, self.size, 0
        completed: list[Subtree] | tuple[()] = ()
        hashes = self.hashes
        while index & 1:
            node = sha256(b"\x01" + hashes.pop() + node).digest()
            index >>= 1
            level += 1
            if level % TILE_HEIGHT == 0:
                completed = [*completed, Subtree(level, index, node)]
        hashes.append(node)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """The Merkle tree hash of all leaves so far."""
        if not self.hashes:
            return EMPTY_ROOT
        node = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            node = node_hash(left, node)
        return node


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over the hashes of neighbouring subtrees of one level; their number is a power of two."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]
