"""Packing: the same contents give the same blob, what git would not commit is left out, nothing is torn."""

import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus_executor import packer, walk
from chorus_executor.packer import BlobPacker, pack
from chorus_executor.tree import read_trees
from chorus_hooks.errors import Refused, UsageError
from tests.corpus.trees import KEPT, SKIPPED, Make
from tests.unit.executor.fakes import MemoryBlobs


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def packed(root: Path) -> tuple[dict[str, tarfile.TarInfo], bytes]:
    blobs = MemoryBlobs()
    data = blobs.stored[pack(blobs, root).sha256]
    with tarfile.open(fileobj=io.BytesIO(data), encoding="utf-8", errors="surrogateescape") as tar:
        return {member.name: member for member in tar}, data


def files(root: Path) -> list[str]:
    return [name for name, member in packed(root)[0].items() if not member.isdir()]


def test_the_same_contents_give_the_same_blob(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name, {"b.txt": "b", "a/c.txt": "c"})
        (tmp_path / name / "run").write_text("#!/bin/sh\n")
        (tmp_path / name / "run").chmod(0o700 if name == "one" else 0o755)
    os.utime(tmp_path / "one" / "b.txt", (1, 1))
    assert packed(tmp_path / "one")[1] == packed(tmp_path / "two")[1]


def test_owner_time_and_mode_are_normal(tmp_path: Path) -> None:
    write(tmp_path, {"f": "f", "x": "x", "d/g": "g"})
    (tmp_path / "f").chmod(0o600)
    (tmp_path / "x").chmod(0o4711)
    members, _ = packed(tmp_path)
    assert [(name, oct(m.mode)) for name, m in members.items()] == [
        ("d", "0o755"),
        ("d/g", "0o644"),
        ("f", "0o644"),
        ("x", "0o755"),
    ]
    assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in members.values()} == {
        (0, 0, "", "", 315619200)
    }


@pytest.mark.parametrize("case", KEPT)
def test_gnu_tar_unpacks_what_was_packed(tmp_path: Path, case: str) -> None:
    root, there = tmp_path / "root", tmp_path / "there"
    root.mkdir()
    there.mkdir()
    KEPT[case](root)
    blobs = MemoryBlobs()
    source = pack(blobs, root)
    data = blobs.stored[source.sha256]
    assert source.skipped == ()
    subprocess.run(["tar", "-xf", "-", "-C", there], input=data, check=True)
    assert snapshot(there) == snapshot(root)
    trees, damage = read_trees(io.BytesIO(data), ("",))
    assert (trees[""].dropped, damage) == ([], "")
    assert set(trees[""].nodes) == set(snapshot(root))


def snapshot(root: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for path in root.rglob("*"):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = str(path.readlink())
        else:
            found[name] = path.read_bytes() if path.is_file() else None
    return found


@pytest.mark.parametrize("case", SKIPPED)
def test_what_cannot_be_packed_is_told(tmp_path: Path, case: str) -> None:
    make: Make
    make, line = SKIPPED[case]
    make(tmp_path)
    write(tmp_path, {"kept": "kept"})
    blobs = MemoryBlobs()
    source = pack(blobs, tmp_path)
    assert line in source.skipped
    assert source.files == 1


IGNORES = {
    "plain": {
        ".gitignore": "*.log\nbuild/\n",
        "a.log": "",
        "sub/b.log": "",
        "build/x": "",
        "sub/build/y": "",
        "c": "",
    },
    "negation": {".gitignore": "*.log\n!keep.log\n", "a.log": "", "keep.log": "", "sub/keep.log": ""},
    "nested negation": {".gitignore": "*.log\n", "sub/.gitignore": "!*.log\n", "a.log": "", "sub/b.log": ""},
    "nested only below": {"sub/.gitignore": "x\n", "x": "", "sub/x": "", "sub/deep/x": ""},
    "anchored": {".gitignore": "/x\nsub/y\n", "x": "", "sub/x": "", "sub/y": "", "other/sub/y": ""},
    "no way back into a directory": {".gitignore": "build/\n!build/keep\n", "build/keep": "", "a": ""},
    "a way back by contents": {".gitignore": "build/*\n!build/keep\n", "build/keep": "", "build/no": ""},
    "double stars": {".gitignore": "**/tmp/**\na/**/z\n", "x/tmp/y": "", "a/z": "", "a/b/c/z": "", "tmp": ""},
    "spaces, comments, escapes": {
        ".gitignore": "# c\n\\#x\ntrail  \na\\ \n\\!y\n",
        "#x": "",
        "trail": "",
        "a ": "",
        "!y": "",
    },
    "classes": {
        ".gitignore": "[ab].txt\n?.md\n[!x]z\n",
        "a.txt": "",
        "c.txt": "",
        "q.md": "",
        "qq.md": "",
        "yz": "",
        "xz": "",
    },
    "windows line ends": {".gitignore": "*.log\r\nbuild/\r\n", "c": ""},
    "a file where a directory is meant": {".gitignore": "build/\n", "build": "file"},
    "everything": {".gitignore": "*\n!*.py\n!*/\n", "a.py": "", "b.txt": "", "sub/c.py": "", "sub/d.txt": ""},
    "broken lines": {".gitignore": "[\n*.log\n!\n/\n", "a.log": "", "b": ""},
}


@pytest.mark.parametrize("case", IGNORES)
def test_git_itself_leaves_out_the_same(tmp_path: Path, case: str) -> None:
    root = write(tmp_path, IGNORES[case])
    git = ["git", "-c", "core.excludesFile=/dev/null"]
    subprocess.run([*git, "init", "-q", root], check=True)
    (root / ".git/info/exclude").write_text("excluded\n")
    write(root, {"excluded": "", "sub/excluded": ""})
    listed = subprocess.run(
        [*git, "-C", root, "ls-files", "-z", "--others", "--exclude-standard"],
        capture_output=True,
        check=True,
    )
    assert sorted(files(root)) == sorted(listed.stdout.decode().rstrip("\0").split("\0"))


TREE = [
    "a",
    "b.txt",
    "foo/a",
    "foo/b.txt",
    "foo/foo/a",
    "foo/foo/foo",
    "a.d/foo/b.txt",
    "a.d/b/a",
    "b/a.d/c/foo",
    "b/x",
]
LINES = st.lists(
    st.builds(
        "".join,
        st.tuples(
            st.sampled_from(["", "!", "/", "!/"]),
            st.sampled_from(["a", "foo", "*", "b*", "*.txt", "?", "[ab]", "**", "a.d", "x"]),
            st.sampled_from(["", "/", "/*", "/**", "/foo", "/**/a", "/foo/", "/b.txt"]),
        ),
    ),
    max_size=5,
)


@pytest.fixture(scope="module")
def work_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write(tmp_path_factory.mktemp("work"), dict.fromkeys(TREE, ""))
    subprocess.run(["git", "init", "-q", root], check=True)
    return root


@settings(max_examples=100, deadline=None)
@given(top=LINES, below=LINES)
def test_any_rules_mean_what_they_mean_to_git(work_tree: Path, top: list[str], below: list[str]) -> None:
    write(work_tree, {".gitignore": "\n".join(top), "foo/.gitignore": "\n".join(below)})
    git = ["git", "-c", "core.excludesFile=/dev/null", "-C", str(work_tree)]
    listed = subprocess.run(
        [*git, "ls-files", "-z", "--others", "--exclude-standard"], capture_output=True, check=True
    )
    expected = listed.stdout.decode().split("\0")
    assert sorted(files(work_tree)) == sorted(filter(None, expected))


def test_a_directory_inside_a_work_tree_follows_the_rules_above_it(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    write(
        tmp_path,
        {".gitignore": "*.log\n/pkg/sub/no\n", "pkg/sub/a.log": "", "pkg/sub/no": "", "pkg/sub/yes": ""},
    )
    assert files(tmp_path / "pkg" / "sub") == ["yes"]


def test_git_directories_are_left_out_at_every_level(tmp_path: Path) -> None:
    write(tmp_path, {".git/config": "", "sub/.git": "gitdir: elsewhere", "sub/a": "", ".github/ci.yml": ""})
    assert files(tmp_path) == [".github/ci.yml", "sub/a"]


def test_an_ignored_directory_is_not_even_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {".gitignore": "node_modules/\n", "node_modules/deep/x": "", "a": ""})
    opened = []
    scandir = os.scandir

    def watched(path: Path) -> object:
        opened.append(Path(path).name)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", watched)
    files(tmp_path)
    assert "node_modules" not in opened


def meddling(monkeypatch: pytest.MonkeyPatch, when: str, meddle: Callable[[], object]) -> None:
    """Call `meddle` once, just before the packer opens the file `when`."""
    real = os.open
    left = [meddle]

    def watched(path: object, *args: int) -> int:
        if str(path).endswith(when) and left:
            left.pop()()
        return real(path, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", watched)


@pytest.mark.parametrize("change", ["append", "truncate", "rewrite", "replace", "remove", "become a link"])
def test_a_file_that_changes_between_look_and_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    root = write(tmp_path / "root", {"a": "aaa", "b": "bbb"})
    other = write(tmp_path, {"other": "bbb"}) / "other"
    victim = root / "b"

    def become_a_link() -> None:
        victim.unlink()
        victim.symlink_to("a")

    meddle: dict[str, Callable[[], object]] = {
        "append": lambda: victim.write_text("bbbmore"),
        "truncate": lambda: os.truncate(victim, 1),
        "rewrite": lambda: victim.write_text("ccc"),
        "replace": lambda: other.rename(victim),
        "remove": victim.unlink,
        "become a link": become_a_link,
    }
    meddling(monkeypatch, "/b", meddle[change])
    blobs = MemoryBlobs()
    with pytest.raises(UsageError, match="b changed while it was packed"):
        pack(blobs, root)
    assert blobs.stored == {}


@pytest.mark.parametrize("grown", [True, False])
def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grown: bool
) -> None:
    victim = tmp_path / "big"
    victim.write_bytes(bytes(3 << 20))
    checks = iter(range(1000))

    def check() -> None:
        if next(checks) == 2:
            os.truncate(victim, (4 if grown else 1) << 20)

    blobs = MemoryBlobs()
    with pytest.raises(UsageError, match="big changed while it was packed"):
        pack(blobs, tmp_path, check=check)
    assert blobs.stored == {}


def test_a_file_that_comes_while_its_directory_is_packed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"a": ""})
    os.utime(tmp_path, (1, 1))
    meddling(monkeypatch, "/a", lambda: write(tmp_path, {"new": ""}))
    with pytest.raises(UsageError, match="changed while it was packed"):
        pack(MemoryBlobs(), tmp_path)


def test_an_ignored_file_that_comes_meanwhile_harms_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"a": "", ".gitignore": "*.log\n"})
    os.utime(tmp_path, (1, 1))
    meddling(monkeypatch, "/a", lambda: write(tmp_path, {"build.log": ""}))
    assert pack(MemoryBlobs(), tmp_path).files == 2


@pytest.mark.parametrize("name", ["missing", "file", "a\0b", "loop", "x" * 300])
def test_what_is_no_directory_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UsageError):
        pack(MemoryBlobs(), tmp_path / name)


def test_a_tree_that_is_too_deep_is_refused(tmp_path: Path) -> None:
    (tmp_path / "/".join("d" * 150)).mkdir(parents=True)
    with pytest.raises(UsageError, match="directories deep"):
        pack(MemoryBlobs(), tmp_path)


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packer, "MOST_MEMBERS", 3)
    with pytest.raises(UsageError, match="more than 3 files"):
        pack(MemoryBlobs(), write(tmp_path, dict.fromkeys("abcd", "")))


def test_an_unreadable_file_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a": "", "secret": ""})
    real = os.open

    def closed(path: object, *args: int) -> int:
        if str(path).endswith("/secret"):
            raise PermissionError(13, "Permission denied")
        return real(path, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", closed)
    with pytest.raises(UsageError, match="secret cannot be read: Permission denied"):
        pack(MemoryBlobs(), tmp_path)


def test_a_full_store_is_refused_and_keeps_nothing(tmp_path: Path) -> None:
    blobs = MemoryBlobs(room=100)
    with pytest.raises(Refused):
        pack(blobs, write(tmp_path, {"a": "a"}))
    assert blobs.stored == {}


async def test_cancelling_stops_between_files_and_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"a": "", "b": "", "c": ""})
    blobs = MemoryBlobs()
    read: list[str] = []
    with trio.CancelScope() as scope:

        def entries(self: walk.Walk) -> object:
            for entry in real(self):
                read.append(entry.path)
                trio.from_thread.run_sync(scope.cancel)
                yield entry

        real = walk.Walk.entries
        monkeypatch.setattr(walk.Walk, "entries", entries)
        await BlobPacker(blobs).pack(tmp_path)
    assert scope.cancelled_caught
    assert (read, blobs.stored) == (["a"], {})


def test_a_link_as_root_is_followed(tmp_path: Path) -> None:
    write(tmp_path / "real", {"a": ""})
    (tmp_path / "link").symlink_to("real")
    assert files(tmp_path / "link") == ["a"]


def test_a_gitignore_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"rules": "a\n", "a": ""})
    (tmp_path / ".gitignore").symlink_to("rules")
    assert files(tmp_path) == [".gitignore", "a", "rules"]
    shutil.rmtree(tmp_path)
