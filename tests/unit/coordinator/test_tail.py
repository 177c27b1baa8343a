"""Frames of output are cut whole and joined, and any byte of what they hold is found again."""

from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_coordinator import tail
from chorus_coordinator.live import MAX_FRAME, OutputFile
from chorus_coordinator.tail import CHUNK, Tail, cut, frames
from chorus_hooks.coordinator import TaskOutput
from chorus_hooks.output import HEADER, STDERR, STDOUT, Stream, frame

Told = list[tuple[Stream, bytes]]

pieces = st.lists(st.tuples(st.sampled_from([STDOUT, STDERR]), st.binary(max_size=20)), max_size=20)


def no_blob(sha256: str) -> BinaryIO:
    raise AssertionError(sha256)


def per_stream(told: Told) -> dict[Stream, bytes]:
    return {s: b"".join(data for stream, data in told if stream == s) for s in (STDOUT, STDERR)}


def read(path: Path, offset: int = 0, until: int | None = None) -> list[TaskOutput]:
    """All that a tail gives, chunk by chunk."""
    reader = Tail(path, no_blob, offset=offset)
    told: list[TaskOutput] = []
    while more := reader.read(None, until):
        told += more
    reader.close()
    return told


def both(told: list[TaskOutput]) -> Told:
    return [(piece.stream, piece.data) for piece in told]


@given(pieces, st.integers(0, 500))
def test_whole_frames_are_told_and_a_half_one_is_not(told: Told, length: int) -> None:
    raw = b"".join(frame(stream, data) for stream, data in told)
    found = list(frames(raw[:length]))
    end = found[-1].end if found else 0
    assert end <= length
    again = [*frames(raw[:end]), *frames(raw[end:])]
    assert len(again) == len(told)
    assert [(f.stream, f.end - f.start) for f in again] == [(stream, len(data)) for stream, data in told]


@given(pieces, st.data())
def test_what_is_before_any_byte_and_what_is_after_it_make_the_whole(told: Told, data: st.DataObject) -> None:
    raw = b"".join(frame(stream, payload) for stream, payload in told)
    size = sum(len(payload) for _, payload in told)
    at = data.draw(st.integers(0, size))
    before, after = cut(raw, 0, 0, at).pieces, cut(raw, 0, at).pieces
    assert per_stream(both([*before, *after])) == per_stream(told)
    assert sum(len(piece.data) for piece in before) == at
    position = 0
    for piece in (*before, *after):
        position += len(piece.data)
        assert piece.offset == position


@given(pieces, st.integers(0, 500))
def test_neighbours_of_one_stream_are_one_piece(told: Told, offset: int) -> None:
    raw = b"".join(frame(stream, data) for stream, data in told)
    streams = [piece.stream for piece in cut(raw, 0, offset).pieces]
    assert all(one != other for one, other in pairwise(streams))


@given(told=pieces, offset=st.integers(0, 450), chunk=st.integers(HEADER.size + 20, 100))
def test_a_tail_gives_the_same_however_little_it_reads_at_once(
    tmp_path_factory: pytest.TempPathFactory, told: Told, offset: int, chunk: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "frames"
    path.write_bytes(b"".join(frame(stream, data) for stream, data in told))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tail, "CHUNK", chunk)
        first, rest = read(path, until=offset), read(path, offset)
    assert per_stream(both([*first, *rest])) == per_stream(told)


def test_beyond_the_end_there_is_nothing_until_more_comes(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(frame(STDOUT, b"0123"))
    reader = Tail(path, no_blob, attempt=3, offset=6)
    assert reader.read(None) == ()
    with path.open("ab") as file:
        file.write(frame(STDERR, b"45") + frame(STDERR, b"67")[:-1])
    assert reader.read(None) == ()
    with path.open("ab") as file:
        file.write(b"7")
    assert reader.read(None) == (TaskOutput(STDERR, b"67", 8, 3),)
    reader.close()


def test_what_is_no_frame_is_told() -> None:
    with pytest.raises(ValueError, match="neither stdout nor stderr"):
        list(frames(frame(STDOUT, b"0123456789")[3:]))


def test_output_is_written_in_frames_that_a_reader_can_hold(tmp_path: Path) -> None:
    file = OutputFile(tmp_path / "out", 10 * CHUNK)
    try:
        file.append(STDOUT, b"x" * (3 * CHUNK))
        told = read(tmp_path / "out")
    finally:
        file.close()
    assert MAX_FRAME < CHUNK
    assert b"".join(piece.data for piece in told) == b"x" * (3 * CHUNK)
    assert told[-1].offset == 3 * CHUNK
    assert not (tmp_path / "out").exists()


def test_the_line_that_more_was_printed_counts_as_payload_and_not_as_printed(tmp_path: Path) -> None:
    file = OutputFile(tmp_path / "out", 10)
    try:
        file.append(STDOUT, b"x" * 8)
        file.append(STDOUT, b"y" * 8)
        assert file.printed == 10
        assert file.payload == read(tmp_path / "out")[-1].offset > 10
    finally:
        file.close()
