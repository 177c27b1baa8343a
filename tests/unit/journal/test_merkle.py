"""The tree against the vectors of Certificate Transparency, pymerkle, and its own definition."""

from hashlib import sha256

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_journal.merkle import EMPTY_ROOT, Frontier, fold, leaf_hash, node_hash

# certificate-transparency, merkletree/tree_test: inputs and the roots of their first n
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def _frontier(entries: list[bytes]) -> Frontier:
    frontier = Frontier()
    for entry in entries:
        frontier.add(leaf_hash(entry))
    return frontier


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert _frontier(INPUTS[:size]).root().hex() == ROOTS[size]


def test_roots_are_those_of_pymerkle() -> None:
    oracle, frontier = pymerkle.InmemoryTree(algorithm="sha256"), Frontier()
    for number in range(300):
        entry = b"%d" % number
        oracle.append_entry(entry)
        frontier.add(leaf_hash(entry))
        assert frontier.root() == oracle.get_root()


def _definition(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while 2 * split < len(leaves):
        split *= 2
    return node_hash(_definition(leaves[:split]), _definition(leaves[split:]))


@given(st.integers(0, 600))
def test_a_frontier_that_was_written_down_goes_on_as_if_nothing_had_happened(size: int) -> None:
    whole = _frontier([b"%d" % i for i in range(size)])
    again = Frontier(whole.size, whole.hashes)
    assert not whole.add(leaf_hash(b"next")) or size % 256 == 255
    again.add(leaf_hash(b"next"))
    assert (again.size, again.hashes) == (whole.size, whole.hashes)
    leaves = [leaf_hash(b"%d" % i) for i in range(size)]
    assert again.root() == _definition([*leaves, leaf_hash(b"next")])


def test_every_tile_root_is_reported_once_when_it_is_complete() -> None:
    frontier = Frontier()
    leaves = [sha256(b"%d" % i).digest() for i in range(66_000)]
    tiles = [(i + 1, tile) for i, leaf in enumerate(leaves) for tile in frontier.add(leaf)]
    assert [(tile.level, tile.index) for _, tile in tiles if tile.level == 8] == [(8, i) for i in range(257)]
    assert [(size, tile.level, tile.index) for size, tile in tiles if tile.level == 16] == [(65_536, 16, 0)]
    assert all(size == (tile.index + 1) << tile.level for size, tile in tiles)
    assert tiles[3][1].hash == fold(leaves[3 * 256 : 4 * 256])


def test_a_copy_goes_its_own_way() -> None:
    first = _frontier([b"a"])
    second = first.copy()
    second.add(leaf_hash(b"b"))
    assert (first.size, second.size) == (1, 2)
    assert first.root() == _frontier([b"a"]).root()


@pytest.mark.parametrize(("size", "hashes"), [(1, []), (0, [bytes(32)]), (3, [bytes(32)]), (1, [bytes(31)])])
def test_what_is_no_frontier_is_refused(size: int, hashes: list[bytes]) -> None:
    with pytest.raises(ValueError, match="no frontier"):
        Frontier(size, hashes)
