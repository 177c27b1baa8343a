"""What is said about logs: read as it was written, and nothing else is taken."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_coordinator.remote.message import (
    ANSWER_LIMIT,
    BEAT,
    PIECE,
    REQUEST_LIMIT,
    BadMessage,
    Find,
    Follow,
    decode_ask,
    decode_event,
    decode_found,
    encode_event,
)
from chorus_hooks.coordinator import TaskOutput, TaskPhase
from chorus_hooks.errors import UsageError
from chorus_hooks.wire.frame import BODY_LIMIT

IDS = st.text("0123456789abcdef", min_size=32, max_size=32)
ASKED = st.builds(Find, st.text("0123456789abcdef", min_size=1, max_size=32)) | st.builds(
    Follow, IDS, st.integers(0, 1 << 53), st.integers(1, 1 << 31), st.booleans()
)
OUTPUT = st.builds(
    lambda stream, data, before, attempt: TaskOutput(stream, data, before + len(data), attempt),
    st.sampled_from([1, 2]),
    st.binary(min_size=1, max_size=300),
    st.integers(0, 1 << 40),
    st.integers(1, 1 << 31),
)
EVENTS = OUTPUT | st.builds(TaskPhase, st.sampled_from(["preparing", "running"]), st.text(max_size=50))


@given(ASKED)
def test_what_is_asked_is_read_as_it_was_written_and_is_short(ask: Find | Follow) -> None:
    encoded = msgspec.json.encode(ask)
    assert decode_ask(encoded) == ask
    assert len(encoded) <= REQUEST_LIMIT


@given(EVENTS)
def test_an_event_is_read_as_it_was_written(event: TaskOutput | TaskPhase) -> None:
    [message] = encode_event(event)
    assert decode_event(message) == event


def test_long_output_comes_in_frames_whose_offsets_go_on() -> None:
    data = bytes(range(256)) * 1000
    messages = list(encode_event(TaskOutput(1, data, 10_000 + len(data), 3)))
    assert all(len(message) <= BODY_LIMIT for message in messages)
    events = [decode_event(message) for message in messages]
    assert b"".join(event.data for event in events if isinstance(event, TaskOutput)) == data
    assert [event.offset for event in events if isinstance(event, TaskOutput)] == [
        10_000 + min(PIECE * count, len(data)) for count in range(1, len(messages) + 1)
    ]


def test_a_beat_is_no_event() -> None:
    assert decode_event(BEAT) is None


@given(st.binary(max_size=300) | st.from_regex(rb'\{"(ask|tell)":"(find|follow|output|phase|task)".*'))
def test_any_bytes_are_read_or_refused(message: bytes) -> None:
    with contextlib.suppress(UsageError):
        decode_ask(message)
    for read in (decode_found, decode_event):
        with contextlib.suppress(BadMessage):
            read(message)


@given(EVENTS, st.data())
def test_a_message_that_was_changed_is_read_or_refused(
    event: TaskOutput | TaskPhase, data: st.DataObject
) -> None:
    [message] = encode_event(event)
    changed = bytearray(message)
    changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadMessage):
        decode_event(bytes(changed))


@pytest.mark.parametrize(
    "message",
    [
        b'{"tell":"output","stream":3,"offset":1,"attempt":1}\nx',
        b'{"tell":"output","stream":1,"offset":1,"attempt":1}\n',
        b'{"tell":"output","stream":1,"offset":1,"attempt":1}\nxy',
        b'{"tell":"output","stream":1,"offset":1,"attempt":0}\nx',
        b'{"tell":"task","task":{}}',
        b'{"tell":"task","task":{"document":1,"id":[]}}',
        b'{"tell":"phase","phase":"dancing","text":""}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_event_is_refused(message: bytes) -> None:
    assert len(message) < ANSWER_LIMIT
    with pytest.raises(BadMessage):
        decode_event(message)


@pytest.mark.parametrize("task_id", ["", "../x", "A" * 32, "0" * 33, "0\n"])
def test_what_is_no_id_may_not_be_asked_for(task_id: str) -> None:
    with pytest.raises(UsageError):
        decode_ask(msgspec.json.encode({"ask": "find", "id": task_id}))
