"""Server-sent events are read as the standard says, however the network cuts them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_http.client.event_stream import MAX_EVENT, EventParser, ServerEvent


def parsed(*chunks: bytes) -> list[ServerEvent]:
    parser = EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


def by_the_book(stream: bytes) -> list[ServerEvent]:
    """The standard's algorithm, word by word, on a whole stream."""
    text = stream.decode("utf-8", "replace").removeprefix("\N{BOM}")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]
    told, data, kind, last = [], "", "", ""
    for line in lines:
        if line == "":
            if data:
                told.append(ServerEvent(kind or "message", data[:-1], last))
            data, kind = "", ""
            continue
        name, colon, value = line.partition(":")
        if colon and name == "":
            continue
        value = value[1:] if value[:1] == " " else value
        if name == "data":
            data += value + "\n"
        elif name == "event":
            kind = value
        elif name == "id" and "\0" not in value:
            last = value
    return told


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [ServerEvent("message", "YHOO\n+2\n10", "")]),
        (
            b": a\n\ndata: one\nid: 1\n\ndata:two\nid\n\ndata:  three\n\n",
            [
                ServerEvent("message", "one", "1"),
                ServerEvent("message", "two", ""),
                ServerEvent("message", " three", ""),
            ],
        ),
        (b"data\n\ndata\ndata\n\ndata:", [ServerEvent("message", "", ""), ServerEvent("message", "\n", "")]),
        (b"event: add\r\ndata: 1\r\n\r\nevent: gone\r\r", [ServerEvent("add", "1", "")]),
        (
            b"\xef\xbb\xbfdata: b\xc3\xbcro\n\n",
            [ServerEvent("message", "b\N{LATIN SMALL LETTER U WITH DIAERESIS}ro", "")],
        ),
        (b"id: a\0b\ndata: x\n\n", [ServerEvent("message", "x", "")]),
        (
            b"event: one\ndata: 1\n\ndata: 2\n\n",
            [ServerEvent("one", "1", ""), ServerEvent("message", "2", "")],
        ),
        (b"id: 7\n\ndata: x\n\n", [ServerEvent("message", "x", "7")]),
    ],
)
def test_the_examples_of_the_standard(stream: bytes, events: list[ServerEvent]) -> None:
    assert parsed(stream) == by_the_book(stream) == events


PIECES = st.sampled_from(
    [
        b"\n",
        b"\r",
        b"\r\n",
        b"data",
        b"event",
        b"id",
        b":",
        b" ",
        b"x",
        b"\0",
        b"\xc3\xbc",
        b"\xff",
        b"\xef\xbb\xbf",
        b"retry: 5",
    ]
)


@given(st.lists(PIECES, max_size=60).map(b"".join), st.lists(st.integers(0, 90), max_size=12))
def test_cuts_change_nothing(stream: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    chunks = [stream[start:end] for start, end in pairwise(places)]
    assert parsed(*chunks) == by_the_book(stream)


def test_an_event_is_told_before_the_second_half_of_its_line_end_comes() -> None:
    parser = EventParser()
    assert [event.data for event in parser.feed(b"data: now\r\n\r")] == ["now"]
    assert [event.data for event in parser.feed(b"\ndata: then\n\n")] == ["then"]


def test_a_line_feed_after_something_else_ends_a_line() -> None:
    assert parsed(b"data: 1\r", b"data: 2", b"\n\n") == [ServerEvent("message", "1\n2", "")]


def test_the_last_id_of_the_connection_before_is_kept() -> None:
    assert [event.id for event in EventParser("1:20").feed(b"data: x\n\n")] == ["1:20"]


def test_an_event_without_end_is_cut_off() -> None:
    parser = EventParser()
    with pytest.raises(ValueError, match="an event of more than"):
        for _ in range(MAX_EVENT // (1 << 16) + 2):
            list(parser.feed(b"x" * (1 << 16)))
    parser = EventParser()
    with pytest.raises(ValueError, match="an event of more than"):
        for _ in range(MAX_EVENT // (1 << 16) + 2):
            list(parser.feed(b"data: " + b"x" * (1 << 16) + b"\n"))


def test_signs_of_life_cost_no_memory_however_many() -> None:
    parser = EventParser()
    for _ in range(1000):
        assert list(parser.feed(b": " + b"x" * (1 << 14) + b"\n")) == []
