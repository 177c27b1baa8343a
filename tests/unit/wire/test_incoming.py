"""An answer as it comes in: everything arrives, in order, in bounded memory, and never in a deadlock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chorus_hooks.wire.frame import WINDOW, BadFrame, Frame, Kind, message_frames
from chorus_hooks.wire.incoming import Incoming

LIMIT = 8 * 1024 * 1024


class Flow(RuleBasedStateMachine):
    """A sender that uses its whole window against a reader that takes when it likes."""

    @initialize(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=12))
    def begin(self, sizes: list[int]) -> None:
        self.messages = [bytes([number]) * (frames * 65_527) for number, frames in enumerate(sizes)]
        self.frames = [
            frame
            for message in self.messages
            for frame in message_frames(Kind.ANSWER, 1, message, last=message is self.messages[-1])
        ]
        self.incoming = Incoming(LIMIT)
        self.allowed = WINDOW
        self.taken: list[bytes] = []
        self.held = 0

    @precondition(lambda self: self.frames and self.allowed)
    @rule()
    def send(self) -> None:
        self.allowed -= 1
        self.incoming.receive(self.frames.pop(0))
        self.allowed += self.incoming.credit()

    @rule()
    def take(self) -> None:
        if (message := self.incoming.take()) is not None:
            self.taken.append(message)
        self.allowed += self.incoming.credit()

    @invariant()
    def the_order_holds(self) -> None:
        assert self.taken == self.messages[: len(self.taken)]

    def teardown(self) -> None:
        """From any state, taking and sending in turn brings the rest."""
        for _ in range(10 * len(self.frames) + 100):
            if self.frames and self.allowed:
                self.send()
            else:
                self.take()
        assert self.incoming.ended
        assert self.taken == self.messages


TestFlow = Flow.TestCase


def test_a_peer_that_sends_more_than_was_allowed_is_at_fault() -> None:
    incoming = Incoming(LIMIT)
    for _ in range(WINDOW):
        incoming.receive(Frame(Kind.ANSWER, 1, b"x"))
    with pytest.raises(BadFrame, match="more frames than were allowed"):
        incoming.receive(Frame(Kind.ANSWER, 1, b"x"))


def test_nothing_comes_after_the_end() -> None:
    incoming = Incoming(LIMIT)
    incoming.receive(Frame(Kind.ANSWER, 1, b"x", last=True))
    with pytest.raises(BadFrame, match="without end"):
        incoming.receive(Frame(Kind.ANSWER, 1, b"y"))


def test_an_empty_last_frame_is_an_end_and_no_message() -> None:
    incoming = Incoming(LIMIT)
    incoming.receive(Frame(Kind.ANSWER, 1, b"x"))
    incoming.receive(Frame(Kind.ANSWER, 1, last=True))
    assert incoming.ended
    assert [incoming.take(), incoming.take()] == [b"x", None]


def test_a_message_longer_than_the_window_comes_without_a_reader() -> None:
    message = b"m" * (40 * 65_000)
    incoming, allowed = Incoming(LIMIT), WINDOW
    for frame in message_frames(Kind.ANSWER, 1, message):
        assert allowed
        allowed -= 1
        incoming.receive(frame)
        allowed += incoming.credit()
    assert incoming.take() == message


@given(count=st.integers(0, 400))
def test_without_a_reader_no_more_than_the_window_is_held(count: int) -> None:
    incoming, allowed, sent = Incoming(LIMIT), WINDOW, 0
    for _ in range(count):
        if not allowed:
            break
        incoming.receive(Frame(Kind.ANSWER, 1, b"x" * 10))
        allowed, sent = allowed - 1 + incoming.credit(), sent + 1
    assert sent == min(count, WINDOW)


def test_behind_a_message_that_waits_the_next_one_does_not_grow_beyond_the_window() -> None:
    incoming, allowed, held = Incoming(LIMIT), WINDOW, 0
    frames = [Frame(Kind.ANSWER, 1, b"waits"), *message_frames(Kind.ANSWER, 1, b"m" * (100 * 65_527))]
    for frame in frames:
        if not allowed:
            break
        incoming.receive(frame)
        allowed, held = allowed - 1 + incoming.credit(), held + 1
    assert held == WINDOW
