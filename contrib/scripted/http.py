"""As much of an HTTP server as a test needs that wants to see each byte: one request a connection."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_HEAD = 64 << 10
LARGEST_BODY = 64 << 20
HEAD_S = 30.0


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


async def read_request(reader: asyncio.StreamReader) -> Request:
    """Raises ValueError, or an error of the stream."""
    async with asyncio.timeout(HEAD_S):
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        method, target, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        length = int(headers.get("content-length", "0"))
        if length > LARGEST_BODY or "transfer-encoding" in headers:
            raise ValueError("the body has to have a length, and to be below 64 MiB")
        return Request(method, target.partition("?")[0], headers, await reader.readexactly(length))


class Response:
    """Writes one answer: all of it, or a head and then chunks."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    async def document(self, status: int, document: Any, headers: Mapping[str, str] | None = None) -> None:
        await self.body(status, json.dumps(document).encode(), "application/json", headers)

    async def body(
        self, status: int, body: bytes, media_type: str, headers: Mapping[str, str] | None = None
    ) -> None:
        own = {"Content-Type": media_type, "Content-Length": str(len(body)), **(headers or {})}
        self._head(status, own)
        self._writer.write(body)
        await self._writer.drain()

    async def begin(self, media_type: str, headers: Mapping[str, str], status: int = 200) -> None:
        self._head(status, {"Content-Type": media_type, "Transfer-Encoding": "chunked", **headers})
        await self._writer.drain()

    async def chunk(self, data: bytes) -> None:
        self._writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await self._writer.drain()

    async def end(self) -> None:
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    def hang_up(self) -> None:
        self._writer.transport.abort()

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} scripted", *(f"{name}: {value}" for name, value in headers.items())]
        self._writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))
