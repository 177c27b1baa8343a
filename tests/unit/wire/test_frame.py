"""What goes through the frames of the wire comes out of them, however it is cut; nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.wire.frame import (
    BODY_LIMIT,
    FRAME_LIMIT,
    BadFrame,
    Decoder,
    Frame,
    Kind,
    credit_frame,
    fail_frame,
    follows,
    message_frames,
    read_credit,
    read_failure,
)
from chorus_hooks.wire.message import Assembly

CALL = st.integers(0, 2**32 - 1)
FRAMES = st.builds(Frame, st.sampled_from(Kind), CALL, st.binary(max_size=300), st.booleans(), st.booleans())


@given(frames=st.lists(FRAMES, max_size=8), cuts=st.lists(st.integers(0, 3000), max_size=6))
def test_frames_come_out_as_they_went_in_wherever_the_bytes_are_cut(
    frames: list[Frame], cuts: list[int]
) -> None:
    sent = b"".join(frame.encode() for frame in frames)
    decoder, start = Decoder(), 0
    seen: list[Frame] = []
    for end in [*sorted(cuts), len(sent)]:
        seen += decoder.feed(sent[start:end])
        start = max(start, end)
    assert seen == frames
    assert decoder.pending == 0


@given(junk=st.binary(max_size=400))
def test_junk_is_a_bad_frame_or_waits_for_more_and_nothing_else(junk: bytes) -> None:
    decoder = Decoder()
    try:
        for frame in decoder.feed(junk):
            assert len(frame.encode()) <= FRAME_LIMIT
    except BadFrame:
        return
    assert decoder.pending < FRAME_LIMIT


@pytest.mark.parametrize("length", [0, 4, FRAME_LIMIT - 3, 2**32 - 1])
def test_a_length_that_no_frame_has_is_refused_before_its_bytes_are_there(length: int) -> None:
    with pytest.raises(BadFrame, match="a frame of"):
        list(Decoder().feed(length.to_bytes(4) + b"\x01"))


def test_the_longest_frame_fits() -> None:
    frame = Frame(Kind.ASK, 1, b"x" * BODY_LIMIT)
    assert len(frame.encode()) == FRAME_LIMIT
    assert list(Decoder().feed(frame.encode())) == [frame]


@given(size=st.sampled_from([0, 1, BODY_LIMIT - 1, BODY_LIMIT, BODY_LIMIT + 1, 3 * BODY_LIMIT]))
def test_a_message_of_any_length_is_put_together_again(size: int) -> None:
    message = bytes(range(256)) * (size // 256) + b"z" * (size % 256)
    frames = list(message_frames(Kind.ANSWER, 7, message, last=True))
    assembly = Assembly(limit=max(size, 1))
    assert [assembly.add(frame) for frame in frames] == [None] * (len(frames) - 1) + [message]
    assert [frame.last for frame in frames] == [False] * (len(frames) - 1) + [True]
    assert assembly.empty


def test_a_message_over_the_limit_is_refused_at_the_frame_that_passes_it() -> None:
    assembly = Assembly(limit=10)
    assert assembly.add(Frame(Kind.ASK, 1, b"12345678", more=True)) is None
    with pytest.raises(BadFrame, match="more than 10 bytes"):
        assembly.add(Frame(Kind.ASK, 1, b"901"))


@pytest.mark.parametrize("frame", [Frame(Kind.ASK, 1, more=True), Frame(Kind.ANSWER, 1, b"x", True, True)])
def test_a_frame_that_goes_on_with_nothing_is_refused(frame: Frame) -> None:
    with pytest.raises(BadFrame, match="goes on"):
        Assembly(limit=10).add(frame)


@given(frames=st.integers(0, 2**16 - 1))
def test_a_credit_is_read_as_it_was_given(frames: int) -> None:
    assert read_credit(credit_frame(3, frames)) == frames


@given(body=st.binary(max_size=9).filter(lambda body: len(body) != 2))
def test_a_credit_of_another_length_is_refused(body: bytes) -> None:
    with pytest.raises(BadFrame, match="credit"):
        read_credit(Frame(Kind.CREDIT, 1, body))


@given(newest=CALL, on=st.integers(1, 2**31))
def test_a_number_that_was_used_does_not_follow_and_after_the_last_one_they_begin_again(
    newest: int, on: int
) -> None:
    assert follows((newest + on) % 2**32, newest)
    assert not follows(newest, newest)
    assert not follows((newest - on + 1) % 2**32, newest)


@given(code=st.text(max_size=20), message=st.text(max_size=5000))
def test_a_failure_is_read_as_it_was_told_but_for_its_length(code: str, message: str) -> None:
    assert read_failure(fail_frame(3, code, message)) == (code, message[:2000])


@given(
    body=st.one_of(
        st.binary(max_size=50), st.sampled_from([b"[" * 50_000, b'{"code":1,"message":""}', b"{}"])
    )
)
def test_a_failure_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(BadFrame, match="a failure"):
        read_failure(Frame(Kind.FAIL, 1, body))
