"""What a killed process left of a transcript: the whole lines."""

from pathlib import Path

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chorus_coordinator import shelf as shelf_module
from chorus_coordinator.shelf import Kept, Shelf
from chorus_hooks.task import Artifact
from tests.unit.executor.fakes import MemoryBlobs

TASK = "0" * 32


def kept(folder: Path, raw: bytes) -> tuple[Artifact | None, MemoryBlobs]:
    blobs = MemoryBlobs()
    shelf = Shelf(folder, blobs)
    shelf.prepare()
    shelf.transcript(TASK, 1).write_bytes(raw)
    return trio.run(trio.to_thread.run_sync, shelf.keep_transcript, TASK, 1), blobs


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.binary(max_size=6).map(lambda line: line.replace(b"\n", b"")), max_size=5),
    st.binary(max_size=6),
)
def test_half_a_line_at_the_end_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[bytes], half: bytes
) -> None:
    monkeypatch.setattr(shelf_module, "_CHUNK", 4)
    whole = b"".join(line + b"\n" for line in lines)
    half = half.replace(b"\n", b"")
    artifact, blobs = kept(tmp_path / "shelf", whole + half)
    if not whole:
        assert artifact is None
    else:
        assert artifact is not None
        assert blobs.stored[artifact.sha256] == whole


async def test_an_attempt_that_left_nothing_has_nothing_kept(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, MemoryBlobs())
    assert not await trio.to_thread.run_sync(shelf.keep, TASK, 1)
    assert not Kept()


def test_an_attempt_with_either_file_is_found_once_and_all_of_it_dropped(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, MemoryBlobs())
    shelf.path(TASK, 1).touch()
    shelf.transcript(TASK, 1).touch()
    shelf.transcript(TASK, 2).touch()
    assert shelf.names() == [(TASK, 1), (TASK, 2)]
    shelf.drop(TASK, 1)
    shelf.drop(TASK, 2)
    assert list(tmp_path.iterdir()) == []
