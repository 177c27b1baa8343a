"""Patches are read back by the real git, whatever the files are called and hold."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chorus_coordinator.cli import patch as patch_module
from chorus_coordinator.cli.patch import LINK, File, file_patch

lines = st.lists(st.sampled_from([b"a", b"b", b"", b"c\r", b"\xff", b"- d", b"\\ x"]), max_size=8).map(
    b"\n".join
)
contents = lines | lines.map(lambda text: text + b"\n") | st.binary(max_size=60)
files = st.builds(File, st.sampled_from(["100644", "100755"]), contents) | st.just(File(LINK, b"target/x"))
names = st.sampled_from(["plain.txt", "with space.txt", 'd/ü\t"q"\\.txt', "new\nline", "-dash", "a b/c d"])


def write(root: Path, name: str, file: File) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if file.mode == LINK:
        path.symlink_to(file.data.decode())
    else:
        path.write_bytes(file.data)
        path.chmod(0o755 if file.mode == "100755" else 0o644)


def read(root: Path, name: str) -> File | None:
    path = root / name
    if path.is_symlink():
        return File(LINK, str(path.readlink()).encode())
    if not path.exists():
        return None
    return File("100755" if path.stat().st_mode & 0o100 else "100644", path.read_bytes())


def applied(root: Path, name: str, before: File | None, after: File | None) -> File | None:
    """The file after git has applied the patch from `before` to `after`."""
    root.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    if before:
        write(root, name, before)
    text = file_patch(name, before, after, binary=True)
    done = subprocess.run(["git", "apply", "-"], cwd=root, input=text, capture_output=True, check=False)
    assert done.returncode == 0, (done.stderr, text)
    return read(root, name)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=names, before=st.none() | files, after=st.none() | files)
def test_git_apply_turns_the_old_file_into_the_new_one(
    tmp_path_factory: pytest.TempPathFactory, name: str, before: File | None, after: File | None
) -> None:
    if before == after:
        return
    root = tmp_path_factory.mktemp("patch") / "tree"
    assert applied(root, name, before, after) == after


def test_a_long_file_is_replaced_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patch_module, "MAX_LINES", 3)
    before, after = File("100644", b"1\n2\n3\n4\n"), File("100644", b"1\n2\nx\n4")
    assert applied(tmp_path / "tree", "f", before, after) == after
    assert file_patch("f", before, after).count(b"\n-") == 5


def test_a_name_with_a_space_ends_before_what_could_be_a_time() -> None:
    told = file_patch("a b", File("100644", b"1\n"), File("100644", b"2\n"))
    assert b"--- a/a b\t\n+++ b/a b\t\n" in told


def test_binary_files_are_told_to_differ() -> None:
    told = file_patch("b", File("100644", b"\0"), File("100644", b"\0\0"))
    assert told == b"diff --git a/b b/b\nBinary files a/b and b/b differ\n"
    assert file_patch("b", None, File("100644", b"\0")).endswith(b"Binary files /dev/null and b/b differ\n")
