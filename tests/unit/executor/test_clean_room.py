"""What verify runs on, whatever the task did to the files that judge it."""

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_executor.changes import compare, published, store_changes
from chorus_executor.clean_room import clean_room
from chorus_executor.globs import matcher
from chorus_executor.tarball import TarWriter
from chorus_executor.tree import Node, Tree, write_tree
from chorus_hooks.errors import UsageError
from tests.unit.executor.fakes import MemoryBlobs


def tree(*files: str, **links: str) -> Tree:
    """`name=content` files, and links by name."""
    nodes: dict[str, Node] = {}
    for file in files:
        name, _, content = file.partition("=")
        nodes[name] = Node("file", io.BytesIO(content.encode()), 0, len(content.encode()))
    for name, target in links.items():
        nodes[name] = Node("symlink", io.BytesIO(), target=target)
    return Tree(nodes)


def contents(nodes: dict[str, Node]) -> dict[str, str]:
    return {
        path: f"-> {node.target}" if node.kind == "symlink" else b"".join(node.chunks()).decode()
        for path, node in nodes.items()
        if node.kind != "directory"
    }


@pytest.mark.parametrize(
    ("data", "restored"),
    [
        (tree("lib=2", "tests/a=A"), ()),
        (tree("lib=2", "tests/a=hacked"), ("tests/a",)),
        (tree("lib=2"), ("tests/a",)),
        (tree("lib=2", "tests/a=A", "tests/conftest=x"), ("tests/conftest",)),
        (tree("lib=2", "tests=file"), ("tests", "tests/a")),
        (tree("lib=2", "fake/a=evil", tests="fake"), ("tests", "tests/a")),
        (tree("lib=2", "tests/a/b=x"), ("tests/a", "tests/a/b")),
    ],
)
def test_what_is_protected_is_as_in_the_source(data: Tree, restored: tuple[str, ...]) -> None:
    room = clean_room(tree("lib=1", "tests/a=A"), data, ("tests/",))
    assert room.restored == restored
    kept = contents(room.nodes)
    assert (kept.pop("lib"), kept.pop("fake/a", "evil")) == ("2", "evil")
    assert kept == {"tests/a": "A"}


def test_nothing_is_protected_unless_it_is_named() -> None:
    room = clean_room(tree("tests/a=A"), tree("tests/a=B"), ())
    assert (contents(room.nodes), room.restored) == ({"tests/a": "B"}, ())


def test_an_executable_bit_is_a_change() -> None:
    source, data = tree("run=x"), tree("run=x")
    data.nodes["run"] = Node("file", io.BytesIO(b"x"), 0, 1, executable=True)
    assert list(compare(source, data).modified) == ["run"]
    assert clean_room(source, data, ("run",)).restored == ("run",)


def test_a_link_that_leaves_is_for_verify_but_not_for_the_working_tree() -> None:
    source, data = tree(), tree(python="/usr/bin/python3", inside="lib")
    reported = store_changes(MemoryBlobs(), source, compare(source, data), whole=True, check=lambda: None)
    assert reported.changes is not None
    assert reported.changes.added == 1
    assert reported.dropped == ["python: is a link that leaves the tree, to /usr/bin/python3"]
    assert set(clean_room(source, data, ()).nodes) == {"python", "inside"}


def test_caches_are_no_changes_but_a_changed_file_always_is() -> None:
    source = tree(".gitignore=*.gen\n", "kept.gen=1", "src/__pycache__/old=1")
    data = tree(
        ".gitignore=*.gen\n", "kept.gen=2", "new.gen=1", "src/__pycache__/x=1", ".cache/pip/x=1", "ok=1"
    )
    blobs = MemoryBlobs()
    reported = store_changes(blobs, source, compare(source, data), whole=True, check=lambda: None)
    assert reported.changes is not None
    assert (reported.changes.added, reported.changes.modified) == (1, 1)
    assert reported.changes.deleted == ("src/__pycache__/old",)


def test_many_deletions_are_told_but_not_all_listed() -> None:
    source = tree(*(f"f{number}=" for number in range(10_001)))
    reported = store_changes(MemoryBlobs(), source, compare(source, Tree()), whole=True, check=lambda: None)
    assert reported.changes is not None
    assert len(reported.changes.deleted) == 10_000
    assert reported.dropped == ["1 more deleted files are not listed"]


def test_a_name_that_is_no_text_is_not_in_the_list_of_deletions() -> None:
    source = tree("a\udcff=", "b=")
    reported = store_changes(MemoryBlobs(), source, compare(source, Tree()), whole=True, check=lambda: None)
    assert reported.changes is not None
    assert reported.changes.deleted == ("b",)
    assert reported.dropped == ["a\\xff: was deleted, but its name is not UTF-8"]


PATHS = st.sampled_from(["a", "a/b", "a/b/c", "t/x", "t/y", "t", "t/x/z"])
TREES = st.dictionaries(PATHS, st.sampled_from("012"), max_size=5).map(
    lambda files: {
        path: text for path, text in files.items() if not any(p.startswith(path + "/") for p in files)
    }
)


@given(TREES, TREES)
def test_the_protected_part_is_the_source_and_the_rest_is_the_data(
    before: dict[str, str], after: dict[str, str]
) -> None:
    source, data = (tree(*(f"{p}={t}" for p, t in files.items())) for files in (before, after))
    kept = contents(clean_room(source, data, ("/t/",)).nodes)
    protected = matcher(("/t/",))
    assert {p: t for p, t in kept.items() if protected(p)} == {
        p: t for p, t in before.items() if protected(p)
    }
    for path, text in after.items():
        blocked = any(p.startswith(path + "/") for p in before)
        assert protected(path) or blocked or kept[path] == text


@pytest.mark.parametrize("glob", ["a[", "!", ""])
def test_a_strange_glob_is_refused_or_harmless(glob: str) -> None:
    try:
        matcher((glob,))("x")
    except UsageError as error:
        assert "glob" in error.message


def test_what_is_published_is_what_a_diff_shows() -> None:
    source = tree(".gitignore=/build\n", "main=1", "kept.pyc=old")
    left = tree(
        ".gitignore=/build\n",
        "main=2",
        "kept.pyc=new",
        "build=stale",
        "new=3",
        "__pycache__/a.pyc=x",
        out="/etc",
    )
    assert contents(published(source, left).nodes) == {
        ".gitignore": "/build\n",
        "main": "2",
        "kept.pyc": "new",
        "new": "3",
    }


def test_what_the_source_had_is_newer_than_what_was_added() -> None:
    written = io.BytesIO()
    write_tree(tree("main.c=1", "main=built").nodes, TarWriter(written.write), {"main.c"})
    written.seek(0)
    with tarfile.open(fileobj=written) as archive:
        assert archive.getmember("main.c").mtime > archive.getmember("main").mtime
