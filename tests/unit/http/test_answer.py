"""Answers on their way: what ends a stream, and what the client has already."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_http.server.answer import Abandoned, Streamed, Whole, matches, tagged

TAGS = st.text(alphabet="abcdef0123456789", min_size=1, max_size=8).map('"{}"'.format)


class Wire:
    """What the server is told to send, to a client that may leave."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.left = asyncio.Event()

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    @property
    def complete(self) -> bool:
        return self.sent[-1]["type"] == "http.response.body" and not self.sent[-1].get("more_body")

    async def take(self, answer: Streamed, method: str = "GET") -> None:
        async with asyncio.timeout(1000):
            await answer.send({"type": "http", "method": method}, self.receive, self.send)


class Source:
    """Numbers without end, or so many; `closed` once nobody asks any more."""

    def __init__(self, count: int = 1 << 30, error: Exception | None = None) -> None:
        self.begun = asyncio.Event()
        self.closed = False
        self._count = count
        self._error = error

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        try:
            for number in range(self._count):
                yield b"%d," % number
                self.begun.set()
                await asyncio.sleep(1)
            if self._error:
                raise self._error
        finally:
            self.closed = True


async def test_a_stream_is_sent_to_its_end() -> None:
    wire, source = Wire(), Source(3)
    await wire.take(Streamed(source.pieces(), "text/plain", length=6))
    assert (wire.body, wire.complete, source.closed) == (b"0,1,2,", True, True)
    assert (b"content-length", b"6") in wire.sent[0]["headers"]


async def test_a_head_has_no_body_and_asks_for_no_piece() -> None:
    wire, source = Wire(), Source()
    await wire.take(Streamed(source.pieces(), "text/plain", length=6), "HEAD")
    assert (wire.body, wire.complete, source.begun.is_set()) == (b"", True, False)
    assert (b"content-length", b"6") in wire.sent[0]["headers"]


async def test_a_client_that_leaves_ends_the_source() -> None:
    wire, source = Wire(), Source()
    asyncio.get_running_loop().call_later(5, wire.left.set)
    with pytest.raises(Abandoned):
        await wire.take(Streamed(source.pieces(), "text/plain"))
    assert (source.closed, wire.complete) == (True, False)


async def test_a_stream_that_is_told_to_end_ends_in_order() -> None:
    wire, source, until = Wire(), Source(), asyncio.Event()
    asyncio.get_running_loop().call_later(5, until.set)
    await wire.take(Streamed(source.pieces(), "text/plain", until=until))
    assert (source.closed, wire.complete) == (True, True)


async def test_a_source_that_fails_does_not_look_like_one_that_ended() -> None:
    wire, source = Wire(), Source(2, ValueError("a damaged file"))
    with pytest.raises(ValueError, match="damaged"):
        await wire.take(Streamed(source.pieces(), "text/plain"))
    assert (source.closed, wire.complete) == (True, False)


async def test_a_cancelled_stream_closes_its_source() -> None:
    wire, source = Wire(), Source()
    task = asyncio.create_task(wire.take(Streamed(source.pieces(), "text/plain")))
    await source.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert source.closed


@given(st.lists(TAGS), TAGS, st.booleans(), st.sampled_from([",", ", ", " ,  "]))
def test_a_list_of_tags_is_compared_weakly(others: list[str], tag: str, weak: bool, comma: str) -> None:
    asked = comma.join([*others, f"W/{tag}" if weak else tag])
    assert matches(asked, tag)
    assert matches(asked, f"W/{tag}")
    assert matches(comma.join(others), tag) == (tag in others)


def test_who_has_it_already_gets_its_headers_again_and_no_body() -> None:
    first = tagged(Whole(b"document", headers={"cache-control": "private"}), "")
    again = tagged(Whole(b"document", headers={"cache-control": "private"}), first.headers["etag"])
    assert (again.status, again.body, again.headers) == (304, b"", first.headers)
    assert first.headers.keys() == {"cache-control", "etag"}
    assert tagged(Whole(b"other"), first.headers["etag"]).status == 200
