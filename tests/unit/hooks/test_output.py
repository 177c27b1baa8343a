"""Frames come back as they went in, however the bytes are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.output import STDERR, STDOUT, FrameReader, Stream, frame

pieces = st.lists(st.tuples(st.sampled_from([STDOUT, STDERR]), st.binary(max_size=50)), max_size=8)


@given(pieces, st.lists(st.integers(min_value=1, max_value=30), min_size=1, max_size=8))
def test_a_reader_gives_back_what_was_framed(written: list[tuple[Stream, bytes]], cuts: list[int]) -> None:
    raw = b"".join(frame(stream, data) for stream, data in written)
    reader, read, position, turn = FrameReader(), [], 0, 0
    while position < len(raw):
        step = cuts[turn % len(cuts)]
        read += list(reader.feed(raw[position : position + step]))
        position, turn = position + step, turn + 1
    for stream in (STDOUT, STDERR):
        assert b"".join(d for s, d in read if s == stream) == b"".join(d for s, d in written if s == stream)


def test_a_stream_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="stream 9"):
        list(FrameReader().feed(b"\x09\0\0\0\0\0\0\1x"))
