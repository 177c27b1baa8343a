"""Frames of output are cut whole, joined, and found again by offset."""

from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_coordinator.live import MAX_FRAME, OutputFile
from chorus_coordinator.tail import CHUNK, Tail, cut
from chorus_hooks.output import STDERR, STDOUT, Stream, frame

pieces = st.lists(st.tuples(st.sampled_from([STDOUT, STDERR]), st.binary(max_size=20)), max_size=20)


@given(pieces, st.integers(0, 400))
def test_a_cut_gives_each_whole_frame_once(told: list[tuple[Stream, bytes]], length: int) -> None:
    raw = b"".join(frame(stream, data) for stream, data in told)
    first = cut(raw[:length])
    end = first[-1].offset if first else 0
    again = first + cut(raw[end:], end)
    for stream in (STDOUT, STDERR):
        assert b"".join(p.data for p in again if p.stream == stream) == b"".join(
            data for name, data in told if name == stream
        )
    assert not again or again[-1].offset == len(raw)


def test_a_cut_in_the_middle_of_a_frame_is_told() -> None:
    with pytest.raises(ValueError, match="neither stdout nor stderr"):
        cut(frame(STDOUT, b"0123456789")[3:])


def test_output_is_written_in_frames_that_a_reader_can_hold(tmp_path: Path) -> None:
    file = OutputFile(tmp_path / "out", 10 * CHUNK)
    try:
        file.append(STDOUT, b"x" * (3 * CHUNK))
        tail = Tail(tmp_path / "out", no_blob, 0)
        read = b""
        while told := tail.read(None):
            read += b"".join(piece.data for piece in told)
        tail.close()
    finally:
        file.close()
    assert MAX_FRAME < CHUNK
    assert read == b"x" * (3 * CHUNK)
    assert not (tmp_path / "out").exists()


def no_blob(sha256: str) -> BinaryIO:
    raise AssertionError(sha256)
