import os
import stat
from pathlib import Path

import pytest

from chorus_hooks.errors import Refused
from chorus_identity.key_file import load_or_create
from chorus_identity.key_message import encode_key


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    directory = tmp_path / "scratch"
    directory.mkdir()
    return directory


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "identity.key"


def test_a_key_is_made_once_and_private(path: Path, scratch: Path) -> None:
    first = load_or_create(path, scratch)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert encode_key(load_or_create(path, scratch)) == encode_key(first)


def test_nothing_is_left_beside_the_key(path: Path, scratch: Path) -> None:
    load_or_create(path, scratch)
    assert sorted(path.parent.iterdir()) == [path, scratch]
    assert list(scratch.iterdir()) == []
    assert path.stat().st_nlink == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o620])
def test_a_key_open_to_others_is_refused_with_the_cure(path: Path, scratch: Path, mode: int) -> None:
    load_or_create(path, scratch)
    path.chmod(mode)
    with pytest.raises(Refused, match=f"{mode:04o}") as caught:
        load_or_create(path, scratch)
    assert f"chmod 600 {path}" in caught.value.hint


def test_a_key_that_only_its_owner_reads_is_taken(path: Path, scratch: Path) -> None:
    first = load_or_create(path, scratch)
    path.chmod(0o400)
    assert encode_key(load_or_create(path, scratch)) == encode_key(first)


@pytest.mark.parametrize("content", [b"", b"x", bytes(68), bytes(69), b"\0" * 10_000])
def test_a_damaged_key_is_refused_and_kept(path: Path, scratch: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(Refused, match="damaged"):
        load_or_create(path, scratch)
    assert path.read_bytes() == content


def test_a_directory_or_a_pipe_is_no_key(path: Path, scratch: Path) -> None:
    path.mkdir(mode=0o700)
    with pytest.raises(Refused, match="not a file"):
        load_or_create(path, scratch)
    path.rmdir()
    os.mkfifo(path, 0o600)
    with pytest.raises(Refused, match="not a file"):
        load_or_create(path, scratch)


def test_a_state_dir_that_cannot_be_written_is_refused_with_the_cure(path: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot make") as caught:
        load_or_create(path, tmp_path / "absent")
    assert "CHORUS_STATE_DIR" in caught.value.hint
    assert not path.exists()
