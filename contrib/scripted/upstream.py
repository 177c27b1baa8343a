"""One request to the server behind a recording, and its answer as it comes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from contrib.scripted.http import LARGEST_BODY, LONGEST_HEAD, Request

CONNECT_S = 10.0
SILENCE_S = 3600.0
"""A large model on a small machine thinks for long before its first word."""
PIECE = 64 << 10
_OURS = frozenset({"host", "connection", "content-length", "accept-encoding", "keep-alive", "te", "upgrade"})


def server_url(text: str) -> str:
    """The URL of a server. Raises ValueError for what is none."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError(f"{text!r} is no URL like http://127.0.0.1:11434")
    return text


class Broken(Exception):
    """The answer ended before its end."""


@dataclass(frozen=True)
class Upstream:
    """Where it is. A `/v1` at the end of the URL is taken for the API's own, which requests have too."""

    url: str

    @asynccontextmanager
    async def ask(self, request: Request) -> AsyncIterator["Answer"]:
        """Raises OSError, TimeoutError or ValueError when there is no answer."""
        parts = urlsplit(self.url)
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(
                parts.hostname, port, ssl=ssl.create_default_context() if secure else None, limit=LONGEST_HEAD
            )
        try:
            path = parts.path.rstrip("/").removesuffix("/v1") + request.path
            own = {
                "host": parts.netloc,
                "connection": "close",
                "accept-encoding": "identity",
                "content-length": str(len(request.body)),
            }
            kept = {name: value for name, value in request.headers.items() if name not in _OURS}
            lines = [f"{request.method} {path} HTTP/1.1"]
            lines += [f"{name}: {value}" for name, value in {**kept, **own}.items()]
            writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + request.body)
            await writer.drain()
            yield await _answer(reader)
        finally:
            writer.transport.abort()


@dataclass
class Answer:
    """The head of an answer; `pieces` are its body, once."""

    status: int
    headers: Mapping[str, str]
    reader: asyncio.StreamReader

    async def pieces(self) -> AsyncIterator[bytes]:
        """Raises Broken when the connection ends too soon, or nothing comes for too long."""
        left = self.headers.get("content-length")
        try:
            if self.headers.get("transfer-encoding", "").lower() == "chunked":
                async for piece in self._chunks():
                    yield piece
            else:
                async for piece in self._plain(None if left is None else int(left)):
                    yield piece
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            raise Broken from None

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int((await self._line()).partition(b";")[0], 16):
            if size > LARGEST_BODY:
                raise Broken
            async with asyncio.timeout(SILENCE_S):
                piece = await self.reader.readexactly(size)
            await self._line()
            yield piece

    async def _plain(self, left: int | None) -> AsyncIterator[bytes]:
        while left is None or left > 0:
            async with asyncio.timeout(SILENCE_S):
                piece = await self.reader.read(PIECE if left is None else min(left, PIECE))
            if not piece:
                if left is not None:
                    raise Broken
                return
            left = None if left is None else left - len(piece)
            yield piece

    async def _line(self) -> bytes:
        async with asyncio.timeout(SILENCE_S):
            return await self.reader.readuntil(b"\r\n")


async def _answer(reader: asyncio.StreamReader) -> Answer:
    async with asyncio.timeout(SILENCE_S):
        head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Answer(
        int(first.split(" ")[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}, reader
    )
