"""Server-sent events as bytes (WHATWG HTML, section 9.2), and how many streams there may be."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from chorus_http.server import problem
from chorus_http.server.answer import Streamed

MEDIA_TYPE: Final = "text/event-stream"


def event(type: str, data: bytes, id: str = "") -> bytes:
    """One event; `data` is one line of JSON."""
    named = f"event: {type}\nid: {id}\ndata: " if id else f"event: {type}\ndata: "
    return named.encode("ascii") + data + b"\n\n"


class Streams:
    """The streams that are open at once, each with a task on both sides of the bridge. On the island."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.open = 0
        self._ending = asyncio.Event()

    def start(self, pieces: AsyncGenerator[bytes, None], media_type: str = MEDIA_TYPE) -> Streamed:
        """An answer that streams. Raises ProblemError when there are too many."""
        if self.open >= self.most:
            raise problem.unavailable(f"{self.most} streams are open already", after=5)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return Streamed(self._counted(pieces), media_type, headers=headers, until=self._ending)

    def end(self) -> None:
        """Let every stream end in order: its client may come again and go on."""
        self._ending.set()

    async def _counted(self, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        self.open += 1
        try:
            async with aclosing(pieces) as source:
                async for piece in source:
                    yield piece
        finally:
            self.open -= 1


async def nothing() -> AsyncGenerator[bytes, None]:
    """No event at all: what a HEAD request is shown."""
    return
    yield b""
