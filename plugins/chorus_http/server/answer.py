"""Answers of a route: whole ones, and streams whose client may go."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

import msgspec
from starlette.types import Receive, Scope, Send

JSON: Final = "application/json"

_encoder = msgspec.json.Encoder()

Headers = list[tuple[bytes, bytes]]


class Abandoned(Exception):  # noqa: N818 - not an error of ours
    """The client went away in the middle, or was cut off because it no longer read."""


@dataclass(frozen=True)
class Whole:
    """An answer in one piece. Header names are in lower case."""

    body: bytes
    status: int = 200
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    async def send(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        headers = _raw(self.headers)
        if self.status not in (204, 304):
            headers.append((b"content-type", self.media_type.encode("ascii")))
            headers.append((b"content-length", b"%d" % len(self.body)))
        with scope["chorus.connection"].corked():
            await send({"type": "http.response.start", "status": self.status, "headers": headers})
            await send({"type": "http.response.body", "body": self.body})


@dataclass(frozen=True)
class Streamed:
    """An answer that comes in pieces. `length` in bytes, None when it is not known before."""

    pieces: AsyncGenerator[bytes, None]
    media_type: str
    length: int | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    until: asyncio.Event | None = None

    async def send(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, until it ends, or `until` is set. Raises Abandoned when the client has gone."""
        headers = [*_raw(self.headers), (b"content-type", self.media_type.encode("ascii"))]
        if self.length is not None:
            headers.append((b"content-length", b"%d" % self.length))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        if scope["method"] == "HEAD":
            await self.pieces.aclose()
            await send({"type": "http.response.body", "body": b""})
            return
        pump = asyncio.create_task(self._pump(send))
        leaving = asyncio.create_task(_gone(receive))
        ending = asyncio.create_task(self._ending())
        try:
            await asyncio.wait((pump, leaving, ending), return_when=asyncio.FIRST_COMPLETED)
            if pump.done():
                pump.result()
            elif leaving.done():
                raise Abandoned
        finally:
            await _cancelled(pump, leaving, ending)
        await send({"type": "http.response.body", "body": b""})

    async def _ending(self) -> None:
        await (self.until or asyncio.Event()).wait()

    async def _pump(self, send: Send) -> None:
        async with aclosing(self.pieces) as pieces:
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})


Answered = Whole | Streamed


def json_answer(document: object, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Whole:
    """A document as JSON."""
    return Whole(_encoder.encode(document), status, headers=headers or {})


def tagged(answer: Whole, asked: str, tag: str = "") -> Whole:
    """The answer with an entity tag; 304 without a body when the client already has it.

    `asked` is the client's If-None-Match, compared weakly (RFC 9110, section 13.1.2).
    """
    tag = tag or tag_of(answer.body)
    headers = {**answer.headers, "etag": tag}
    if asked and matches(asked, tag):
        return Whole(b"", 304, headers=headers)
    return Whole(answer.body, answer.status, answer.media_type, headers)


def tag_of(body: bytes) -> str:
    """An entity tag that changes with the body."""
    return f'"{blake2b(body, digest_size=12).hexdigest()}"'


def matches(asked: str, tag: str) -> bool:
    """Whether a list of entity tags has this one, or is `*`."""
    wanted = tag.removeprefix("W/")
    offered = (part.strip().removeprefix("W/") for part in asked.split(","))
    return any(part in ("*", wanted) for part in offered)


def _raw(headers: Mapping[str, str]) -> Headers:
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cancelled(*tasks: "asyncio.Task[None]") -> None:
    """End tasks, and wait until they have: what they raise then is of no interest any more."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
