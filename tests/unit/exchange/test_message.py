"""What is said about blobs: read as it was written, and nothing else is taken."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.errors import UsageError
from chorus_journal.exchange.message import (
    LARGEST,
    REQUEST_LIMIT,
    BadMessage,
    Read,
    Size,
    Sized,
    decode_ask,
    decode_sized,
)

NAMES = st.binary(min_size=32, max_size=32).map(bytes.hex)
NUMBERS = st.integers(0, LARGEST)
ASKED = st.builds(Size, NAMES) | st.builds(Read, NAMES, NUMBERS, st.integers(1, LARGEST))


@given(ASKED)
def test_what_is_asked_is_read_as_it_was_written_and_is_short(ask: Size | Read) -> None:
    encoded = msgspec.json.encode(ask)
    assert decode_ask(encoded) == ask
    assert len(encoded) <= REQUEST_LIMIT


@given(NUMBERS)
def test_a_size_is_read_as_it_was_written(size: int) -> None:
    assert decode_sized(msgspec.json.encode(Sized(size))) == Sized(size)


@given(st.binary(max_size=200) | st.from_regex(rb'\{"ask":"(size|read)","sha256":".*'))
def test_any_bytes_are_read_or_refused(message: bytes) -> None:
    try:
        decode_ask(message)
    except UsageError as error:
        assert "cannot be asked" in error.message
    with contextlib.suppress(BadMessage):
        decode_sized(message)


@given(ASKED, st.data())
def test_a_message_that_was_changed_on_the_way_is_read_or_refused(
    ask: Size | Read, data: st.DataObject
) -> None:
    encoded = bytearray(msgspec.json.encode(ask))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(UsageError):
        decode_ask(bytes(encoded))


@pytest.mark.parametrize(
    "message",
    [
        b'{"ask":"size","sha256":"../../etc/passwd"}',
        b'{"ask":"size","sha256":"' + b"A" * 64 + b'"}',
        b'{"ask":"size","sha256":"' + b"a" * 64 + b'\\n"}',
        b'{"ask":"read","sha256":"' + b"a" * 64 + b'","start":-1,"length":1}',
        b'{"ask":"read","sha256":"' + b"a" * 64 + b'","start":0,"length":0}',
        b'{"ask":"write","sha256":"' + b"a" * 64 + b'"}',
    ],
)
def test_what_nobody_may_ask_is_refused(message: bytes) -> None:
    with pytest.raises(UsageError):
        decode_ask(message)
