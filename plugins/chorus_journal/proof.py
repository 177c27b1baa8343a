"""Inclusion and consistency proofs (RFC 6962 section 2.1, verified as RFC 9162 section 2.1 does). Pure.

A prover needs a function that tells the hash of any complete subtree, named by level and index.
"""

from collections.abc import Callable, Sequence

from chorus_journal.merkle import EMPTY_ROOT, node_hash

SubtreeHash = Callable[[int, int], bytes]


def _split(width: int) -> int:
    """The largest power of two below `width`: where RFC 6962 cuts a tree in two."""
    return 1 << ((width - 1).bit_length() - 1)


def _tree_hash(low: int, high: int, subtree: SubtreeHash) -> bytes:
    width = high - low
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return subtree(level, low >> level)
    middle = low + _split(width)
    return node_hash(_tree_hash(low, middle, subtree), _tree_hash(middle, high, subtree))


def tree_hash(size: int, subtree: SubtreeHash) -> bytes:
    """The root of the first `size` leaves."""
    return _tree_hash(0, size, subtree) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, subtree: SubtreeHash) -> list[bytes]:
    """The proof that leaf `index` is in the tree of `size` leaves."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    proof, low, high = [], 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(_tree_hash(middle, high, subtree))
            high = middle
        else:
            proof.append(_tree_hash(low, middle, subtree))
            low = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, subtree: SubtreeHash) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with the tree of `old` leaves."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves cannot begin with one of {old}")
    if old in (0, new):
        return []
    proof, low, high, whole = [], 0, new, True
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            proof.append(_tree_hash(middle, high, subtree))
            high = middle
        else:
            proof.append(_tree_hash(low, middle, subtree))
            low, whole = middle, False
    if not whole:
        proof.append(_tree_hash(low, high, subtree))
    return proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows that the leaf hash is at `index` in the tree of this size and root."""
    if not 0 <= index < size:
        return False
    node, last, current = leaf, size - 1, index
    for sibling in proof:
        if last == 0:
            return False
        if current & 1 or current == last:
            node = node_hash(sibling, node)
            while current and not current & 1:
                current >>= 1
                last >>= 1
        else:
            node = node_hash(node, sibling)
        current >>= 1
        last >>= 1
    return last == 0 and node == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the new tree begins with the old one, entry for entry."""
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    if not 0 < old < new or not proof:
        return False
    return _fold_consistency(old, new, old_root, new_root, proof)


def _fold_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    current, last = old - 1, new - 1
    while current & 1:
        current >>= 1
        last >>= 1
    old_node = new_node = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if current & 1 or current == last:
            old_node = node_hash(sibling, old_node)
            new_node = node_hash(sibling, new_node)
            while current and not current & 1:
                current >>= 1
                last >>= 1
        else:
            new_node = node_hash(new_node, sibling)
        current >>= 1
        last >>= 1
    return last == 0 and old_node == old_root and new_node == new_root
