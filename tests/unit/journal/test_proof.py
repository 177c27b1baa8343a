"""Proofs: every one verifies, none that was changed does, and pymerkle makes the same."""

from hypothesis import assume, given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from chorus_journal.merkle import EMPTY_ROOT, Frontier, fold, leaf_hash
from chorus_journal.proof import (
    SubtreeHash,
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(b"%d" % i) for i in range(200)]
SIZES = st.integers(0, len(LEAVES))


def _root(size: int) -> bytes:
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.add(leaf)
    return frontier.root()


ROOTS = [_root(size) for size in range(len(LEAVES) + 1)]


def _subtree(size: int) -> SubtreeHash:
    def subtree(level: int, index: int) -> bytes:
        low, high = index << level, (index + 1) << level
        assert high <= size, "a proof may only need complete subtrees"
        return fold(LEAVES[low:high])

    return subtree


def _inclusion(index: int, size: int) -> list[bytes]:
    return inclusion_proof(index, size, _subtree(size))


def _consistency(old: int, new: int) -> list[bytes]:
    return consistency_proof(old, new, _subtree(new))


@given(SIZES, st.data())
def test_every_leaf_is_proven(size: int, data: st.DataObject) -> None:
    assume(size > 0)
    index = data.draw(st.integers(0, size - 1))
    proof = _inclusion(index, size)
    assert verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])
    assert len(proof) <= (size - 1).bit_length()


@given(SIZES, SIZES)
def test_every_earlier_tree_is_proven(one: int, other: int) -> None:
    old, new = sorted((one, other))
    assert verify_consistency(old, new, ROOTS[old], ROOTS[new], _consistency(old, new))


@given(SIZES, st.data())
def test_no_changed_inclusion_proof_verifies(size: int, data: st.DataObject) -> None:
    assume(size > 1)
    index = data.draw(st.integers(0, size - 1))
    proof, leaf, root = _inclusion(index, size), LEAVES[index], ROOTS[size]
    at = data.draw(st.integers(0, len(proof) - 1))
    changed = [*proof[:at], _flipped(proof[at], data), *proof[at + 1 :]]
    assert not verify_inclusion(leaf, index, size, changed, root)
    assert not verify_inclusion(_flipped(leaf, data), index, size, proof, root)
    assert not verify_inclusion(leaf, index, size, proof, _flipped(root, data))
    assert not verify_inclusion(leaf, index, size, [*proof, bytes(32)], root)
    assert not verify_inclusion(leaf, index, size, proof[:-1], root)
    other = data.draw(st.integers(-1, size).filter(lambda i: i != index))
    assert not verify_inclusion(leaf, other, size, proof, root)


@given(SIZES, SIZES, st.data())
def test_no_changed_consistency_proof_verifies(one: int, other: int, data: st.DataObject) -> None:
    old, new = sorted((one, other))
    assume(0 < old < new)
    proof = _consistency(old, new)
    at = data.draw(st.integers(0, len(proof) - 1))
    changed = [*proof[:at], _flipped(proof[at], data), *proof[at + 1 :]]
    assert not verify_consistency(old, new, ROOTS[old], ROOTS[new], changed)
    assert not verify_consistency(old, new, _flipped(ROOTS[old], data), ROOTS[new], proof)
    assert not verify_consistency(old, new, ROOTS[old], _flipped(ROOTS[new], data), proof)
    assert not verify_consistency(old, new, ROOTS[old], ROOTS[new], [*proof, bytes(32)])
    assert not verify_consistency(old, new, ROOTS[old], ROOTS[new], proof[:-1])
    assert not verify_consistency(new, old, ROOTS[new], ROOTS[old], proof)


def test_trees_of_one_size_are_consistent_when_they_are_equal() -> None:
    assert verify_consistency(7, 7, ROOTS[7], ROOTS[7], [])
    assert not verify_consistency(7, 7, ROOTS[7], ROOTS[8], [])
    assert not verify_consistency(7, 7, ROOTS[7], ROOTS[7], [bytes(32)])


def test_every_tree_begins_with_the_empty_one() -> None:
    assert verify_consistency(0, 7, EMPTY_ROOT, ROOTS[7], [])
    assert not verify_consistency(0, 7, ROOTS[1], ROOTS[7], [])


def test_proofs_are_those_of_pymerkle() -> None:
    oracle = InmemoryTree(algorithm="sha256")
    for number in range(40):
        oracle.append_entry(b"%d" % number)
    for size in range(1, 41):
        for index in range(size):
            path = oracle.prove_inclusion(index + 1, size).serialize()["path"]
            assert [bytes.fromhex(h) for h in path[1:]] == _inclusion(index, size)


def _flipped(value: bytes, data: st.DataObject) -> bytes:
    bit = data.draw(st.integers(0, 8 * len(value) - 1))
    return (int.from_bytes(value) ^ (1 << bit)).to_bytes(len(value))
