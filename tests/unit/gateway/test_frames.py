from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_gateway import frames, relay
from chorus_gateway.frames import HEAD, PIECE, BrokenFrame, Frame, FrameReader, Kind

FRAMES = st.lists(
    st.builds(Frame, st.sampled_from(Kind), st.integers(0, 2**32 - 1), st.binary(max_size=200)), max_size=8
)


@given(FRAMES, st.lists(st.integers(0, 400), max_size=6))
def test_frames_come_out_as_they_went_in_however_they_are_cut(sent: list[Frame], cuts: list[int]) -> None:
    wire, reader = b"".join(frame.encode() for frame in sent), FrameReader()
    edges = [0, *sorted(cuts), len(wire)]
    pieces = [wire[begin:end] for begin, end in pairwise(edges)]
    assert [frame for piece in pieces for frame in reader.feed(piece)] == sent


@given(st.binary(max_size=200))
def test_any_bytes_are_frames_or_a_broken_one(data: bytes) -> None:
    try:
        found = list(FrameReader().feed(data))
    except BrokenFrame:
        return
    assert sum(HEAD.size + len(frame.data) for frame in found) <= len(data)


@pytest.mark.parametrize("head", [HEAD.pack(0, 1, 0), HEAD.pack(6, 1, 0), HEAD.pack(2, 1, PIECE + 1)])
def test_a_frame_of_no_kind_or_too_long_is_broken_before_it_is_whole(head: bytes) -> None:
    with pytest.raises(BrokenFrame):
        list(FrameReader().feed(head))


def test_the_relay_which_can_import_nothing_agrees_with_us() -> None:
    assert list(Kind) == [relay.OPEN, relay.DATA, relay.END, relay.CLOSE, relay.MORE]
    assert (relay.HEAD.format, relay.MOST) == (HEAD.format, frames.MOST)
    assert (relay.WINDOW, relay.PIECE) == (frames.WINDOW, frames.PIECE)
