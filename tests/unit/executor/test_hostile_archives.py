"""Whatever a task hands over: what is taken is a plain file of the right place, the rest is told."""

import io
import resource
import tarfile
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chorus_executor.artifacts import store_artifacts
from chorus_executor.names import refuse_name
from chorus_executor.tarball import TarWriter
from chorus_executor.tree import Tree, read_trees, write_tree
from chorus_hooks.task import Artifact
from tests.corpus.tars import HONEST, HOSTILE, all_hostile, archive, entry
from tests.unit.executor.fakes import MemoryBlobs


def collected(data: bytes) -> tuple[list[Artifact], list[str], str, Tree, MemoryBlobs]:
    """What the executor would store, drop, and complain about."""
    trees, damage = read_trees(io.BytesIO(data), ("data", "output"))
    blobs = MemoryBlobs()
    stored = store_artifacts(blobs, trees["output"], ("**",), max_bytes=64 << 20, check=lambda: None)
    return stored.artifacts, stored.dropped + trees["data"].dropped, damage, trees["data"], blobs


@pytest.mark.parametrize("case", HOSTILE)
def test_only_plain_files_in_plain_places_come_out(case: str) -> None:
    data = HOSTILE[case]()
    began = time.process_time()
    artifacts, dropped, _, _, blobs = collected(data)
    assert time.process_time() - began < 3
    assert len({artifact.path for artifact in artifacts}) == len(artifacts)
    for artifact in artifacts:
        assert refuse_name(artifact.path) == ""
        assert artifact.path.isprintable()
        assert len(blobs.stored[artifact.sha256]) == artifact.size
        assert b"root" not in blobs.stored[artifact.sha256]
    assert all(line.isprintable() for line in dropped)


EXPECTED = {
    "absolute name": (["honest.txt"], ["/etc/passwd: is in no place that is collected"]),
    "dot dot": (["honest.txt"], ["../../etc/passwd: the name leaves its place"]),
    "link out": (["honest.txt"], ["link: is a link to /etc/passwd"]),
    "link, then a file through it": (
        ["honest.txt"],
        ["d/through: d is no directory", "d: is a link to /tmp"],
    ),
    "file, then a file below it": (["f", "honest.txt"], ["f/g: f is no directory"]),
    "file below, then a file above": (["f/g", "honest.txt"], ["f: there is a directory of that name"]),
    "hard link in": (["a", "honest.txt"], ["h: is a hard link"]),
    "hard link across": (["honest.txt"], ["h: is a hard link"]),
    "duplicate": (["a", "honest.txt"], ["a: the name is there twice"]),
    "duplicate of another spelling": (["a", "honest.txt"], ["a: the name is there twice"]),
    "character device": (["honest.txt"], ["null: is a device"]),
    "fifo": (["honest.txt"], ["pipe: is a fifo"]),
    "newline": (["honest.txt"], ["a\\nb: the name is not printable text"]),
    "not utf-8": (["honest.txt"], ["\\xff\\xfe: the name is not printable text"]),
    "right to left": (["honest.txt"], ["\\u202egnp.exe: the name is not printable text"]),
    "name of 255 bytes": (["honest.txt", "n" * 255], []),
    "60 directories": (["d/" * 60 + "leaf", "honest.txt"], []),
    "pax path": (["honest.txt"], ["../../evil: is in no place that is collected"]),
    "pax global path": (["a", "honest.txt"], []),
    "pax header of 10 MB": (["honest.txt"], ["a: is something with a name that is too long"]),
    "pax sparse": (["honest.txt"], ["s: is a sparse file"]),
    "sparse of a terabyte": (["honest.txt"], ["s: is a sparse file with large holes"]),
    "sparse, honest": (["honest.txt", "s"], []),
    "setuid": (["honest.txt", "su"], []),
    "the root is a file": (["honest.txt"], [": the name is not a normal path"]),
    "20,000 long names in a row": (["a", "honest.txt"], []),
    "made by tarfile, pax": (["honest.txt", "long/" * 40 + "name"], []),
    "made by tarfile, ustar": (["honest.txt", "long/" * 40 + "name"], []),
}


@pytest.mark.parametrize("case", EXPECTED)
def test_what_is_taken_and_what_is_told(case: str) -> None:
    artifacts, dropped, damage, _, _ = collected(HOSTILE[case]())
    assert (sorted(a.path for a in artifacts), dropped, damage) == (*EXPECTED[case], "")


@pytest.mark.parametrize(
    "case",
    [
        "nothing at all",
        "garbage",
        "gzip",
        "truncated header",
        "truncated data",
        "no end marker",
        "bad checksum",
        "size of a terabyte",
        "size of 2 to the 87",
        "global header of 2 to the 87",
        "long name of 2 to the 87",
        "negative size",
        "octal rubbish",
        "pax size too large",
        "pax record of length zero",
        "pax record of superscript",
        "sparse that overlaps",
        "sparse beyond its end",
        "sparse with less than it says",
        "sparse whose map goes on for ever",
    ],
)
def test_a_damaged_archive_is_told(case: str) -> None:
    assert collected(HOSTILE[case]())[2]


def test_what_came_before_the_damage_is_kept() -> None:
    data = entry(HONEST[0].encode(), HONEST[1]) + b"damage" * 200
    artifacts, _, damage, _, _ = collected(data)
    assert [a.path for a in artifacts] == ["honest.txt"]
    assert damage


def test_a_sparse_file_comes_out_whole() -> None:
    artifacts, _, _, _, blobs = collected(HOSTILE["sparse, honest"]())
    (sparse,) = [a for a in artifacts if a.path == "s"]
    assert blobs.stored[sparse.sha256] == b"\0\0\0\0data\0\0\0\0xy\0\0"


def test_a_hard_link_in_the_data_is_the_file_again() -> None:
    data = archive(entry(b"data/a", b"a"), entry(b"data/h", kind=b"1", link=b"data/a"))
    tree = collected(data)[3]
    assert b"".join(tree.nodes["h"].chunks()) == b"a"


def test_hard_links_cannot_make_a_small_archive_large() -> None:
    big = entry(b"data/a", bytes(10 << 20))
    links = b"".join(entry(b"data/h%d" % n, kind=b"1", link=b"data/a") for n in range(100))
    tree = collected(archive(big, links))[3]
    assert sum(node.size for node in tree.nodes.values()) < 300 << 20


def test_a_hundred_thousand_entries_take_bounded_time_and_memory() -> None:
    data = b"".join(entry(b"output/%06d" % number) for number in range(100_000)) + bytes(1024)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    trees, damage = read_trees(io.BytesIO(data), ("data", "output"))
    assert len(trees["output"].nodes) == 100_000
    assert not damage
    assert time.process_time() - began < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


SAMPLES = [data for _, data in all_hostile() if len(data) < 64 << 10]


@given(
    st.sampled_from(SAMPLES), st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(max_size=16)), max_size=6)
)
@example(SAMPLES[0], [])
def test_mutated_archives_are_read_or_refused(data: bytes, patches: list[tuple[int, bytes]]) -> None:
    mutated = bytearray(data)
    for at, patch in patches:
        position = at % (len(mutated) + 1)
        mutated[position : position + len(patch)] = patch
    _check_all(bytes(mutated))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [b"0", b"1", b"2", b"3", b"5", b"6", b"7", b"L", b"K", b"x", b"g", b"S", b"\0", b"Z"]
            ),
            st.binary(max_size=100)
            | st.sampled_from([b"data/a", b"output/a", b"output/a/b", b"data/../x", b"a/"]),
            st.binary(max_size=100) | st.sampled_from([b"data/a", b"/etc", b"..", b"a"]),
            st.binary(max_size=600) | st.sampled_from([b"12 path=a/b\n", b"output/a\0"]),
        ),
        max_size=8,
    )
)
def test_any_sequence_of_entries_is_read_or_refused(parts: list[tuple[bytes, bytes, bytes, bytes]]) -> None:
    _check_all(b"".join(entry(name, data, kind, link=link) for kind, name, link, data in parts) + bytes(1024))


def _check_all(data: bytes) -> None:
    artifacts, _, _, tree, _ = collected(data)
    assert all(refuse_name(artifact.path) == "" for artifact in artifacts)
    out = io.BytesIO()
    write_tree(tree.nodes, TarWriter(out.write))
    out.seek(0)
    with tarfile.open(fileobj=out) as tar:
        links: set[str] = set()
        for member in tar:
            assert refuse_name(member.name) == ""
            assert not any(member.name.startswith(link + "/") for link in links)
            if not member.isdir():
                links.add(member.name)
