"""Artifacts are written into a directory and never beside it."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from chorus_coordinator.cli.delivery import deliver, parts_of
from chorus_hooks.errors import ChorusError, NotFound, Refused, UsageError
from chorus_hooks.task import Artifact


def kept(*contents: bytes) -> Callable[[str], BinaryIO]:
    """Blobs in memory."""
    blobs = {hashlib.sha256(data).hexdigest(): data for data in contents}

    def open_blob(sha256: str) -> BinaryIO:
        if sha256 not in blobs:
            raise NotFound("not here")
        return io.BytesIO(blobs[sha256])

    return open_blob


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def artifact(path: str, data: bytes = b"new") -> Artifact:
    return Artifact(path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def test_files_and_their_directories_are_made(tmp_path: Path) -> None:
    out = tmp_path / "a" / "out"
    deliver(kept(b"new"), [artifact("f"), artifact("d/e/g")], out)
    assert (out / "f").read_bytes() == (out / "d" / "e" / "g").read_bytes() == b"new"
    assert sorted(path.name for path in out.rglob("*")) == ["d", "e", "f", "g"]


def test_a_file_of_that_name_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"old")
    deliver(kept(b"new"), [artifact("f")], tmp_path)
    assert (tmp_path / "f").read_bytes() == b"new"


def test_a_link_of_that_name_is_replaced_and_not_followed(tmp_path: Path) -> None:
    victim, out = tmp_path / "victim", tmp_path / "out"
    victim.write_bytes(b"mine")
    out.mkdir()
    (out / "f").symlink_to(victim)
    deliver(kept(b"new"), [artifact("f")], out)
    assert victim.read_bytes() == b"mine"
    assert not (out / "f").is_symlink()


@pytest.mark.parametrize("target", ["../outside", "/tmp", "nowhere", "."])
def test_a_link_on_the_way_is_not_followed(tmp_path: Path, target: str) -> None:
    out, outside = tmp_path / "out", tmp_path / "outside"
    out.mkdir()
    outside.mkdir()
    (out / "d").symlink_to(target)
    with pytest.raises(Refused, match="d/f cannot be written"):
        deliver(kept(b"new"), [artifact("d/f")], out)
    assert names(outside) == []
    assert names(out) == ["d"]


@pytest.mark.parametrize("path", ["../f", "/f", "a//f", "a/./f", "a/..", "", ".", "a/", "a\0b"])
def test_a_path_that_leads_out_is_refused(path: str) -> None:
    with pytest.raises(Refused, match="leads out"):
        parts_of(path)


def test_a_directory_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    with pytest.raises(Refused, match="f cannot be written"):
        deliver(kept(b"new"), [artifact("f")], tmp_path)
    assert names(tmp_path) == ["f"]


def test_a_missing_blob_leaves_no_draft(tmp_path: Path) -> None:
    with pytest.raises(ChorusError, match="not here"):
        deliver(kept(), [artifact("f")], tmp_path)
    assert names(tmp_path) == []


def test_an_out_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"")
    with pytest.raises(UsageError, match="artifacts cannot go to"):
        deliver(kept(b"new"), [artifact("x")], tmp_path / "f")
