"""A port as a node serves it, with operations to provoke it, and a client that says what it likes."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chorus_hooks.errors import Busy
from chorus_hooks.route import Answer
from chorus_http.server.answer import Streamed, Whole, json_answer
from chorus_http.server.application import application
from chorus_http.server.call import NO_QUERY, Call
from chorus_http.server.gate import Counting, Gate
from chorus_http.server.listening import Listening
from chorus_http.server.operation import Operation
from chorus_http.server.token import Token
from chorus_http.server.web_server import WebServer

LONG_S = 10_000.0
"""By the clock that jumps: what has not happened then never will."""


@dataclass
class Stage:
    """What the operations touch."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)
    error: Exception = field(default_factory=lambda: Busy("many wait", retry_after=2.5))


async def quick(side: Stage, call: Call) -> Whole:
    call.query(NO_QUERY)
    side.asked.append(call.path["id"])
    side.traces.append(call.traceparent)
    return json_answer({"id": call.path["id"]})


async def many(side: Stage, call: Call) -> Whole:
    return Whole(b"x" * int(call.path["count"]), media_type="text/plain")


async def slow(side: Stage, call: Call) -> Whole:
    side.asked.append("slow")
    await side.go.wait()
    return json_answer({"id": "slow"})


async def length(side: Stage, call: Call) -> Whole:
    return json_answer({"bytes": len(await call.body())})


async def fail(side: Stage, call: Call) -> Whole:
    raise side.error


async def break_off(side: Stage, call: Call) -> Streamed:
    async def pieces() -> AsyncGenerator[bytes, None]:
        yield b"some of it"
        raise side.error

    return Streamed(pieces(), "text/plain")


async def stream(side: Stage, call: Call) -> Streamed:
    async def pieces() -> AsyncGenerator[bytes, None]:
        while True:
            yield b"x" * 100_000
            await asyncio.sleep(0)

    return Streamed(pieces(), "text/plain")


OPERATIONS = (
    Operation("POST", "/length", "", length, (Answer(200, ""),), "test"),
    *(
        Operation("GET", path, "", handler, (Answer(200, ""),), "test")
        for path, handler in (
            ("/quick/{id}", quick),
            ("/bytes/{count}", many),
            ("/slow", slow),
            ("/fail", fail),
            ("/break", break_off),
            ("/stream", stream),
        )
    ),
)


class Uncounted:
    def begun(self) -> None: ...

    def ended(self, method: str, route: str, status: int, seconds: float) -> None: ...


@dataclass
class Told:
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Peer:
    """One connection, from the client's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, raw: bytes) -> None:
        self._writer.write(raw)
        await self._writer.drain()

    async def trickle(self, raw: bytes, every_s: float) -> None:
        """A byte now and then, until all are sent or nobody takes them."""
        for number in range(len(raw)):
            await asyncio.sleep(every_s)
            try:
                await self.send(raw[number : number + 1])
            except OSError:
                return

    async def answer(self, *, body: bool = True) -> Told:
        """The next answer, which has a Content-Length when it has a `body`."""
        async with asyncio.timeout(LONG_S):
            first, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            size = int(headers.get("content-length", 0)) if body else 0
            return Told(int(first.split()[1]), headers, await self._reader.readexactly(size))

    async def ask(self, method: str, path: str, *headers: str, body: bytes = b"") -> Told:
        """A request, and its answer."""
        await self.send(head(method, path, *headers) + body)
        return await self.answer(body=method != "HEAD")

    async def read(self, most: int) -> bytes:
        """Up to so many bytes; none at the end."""
        return await self._reader.read(most)

    async def rest(self) -> bytes:
        """What comes until the connection is ended by the other side."""
        found = b""
        async with asyncio.timeout(LONG_S):
            try:
                while piece := await self._reader.read(1 << 16):
                    found += piece
            except OSError:
                pass
        return found

    def close(self) -> None:
        self._writer.close()


class Served:
    """The server, and its clients."""

    def __init__(self, server: WebServer, stage: Stage, path: Path) -> None:
        self.server = server
        self.stage = stage
        self._path = path
        self._peers: list[Peer] = []

    async def dial(self) -> Peer:
        """A new connection, which the server has taken."""
        peer = Peer(*await asyncio.open_unix_connection(str(self._path)))
        self._peers.append(peer)
        await ticks()
        return peer

    @contextmanager
    def deaf(self) -> Iterator[socket.socket]:
        """A connection of which nothing is ever read."""
        with socket.socket(socket.AF_UNIX) as made:
            made.connect(str(self._path))
            yield made

    def hang_up(self) -> None:
        for peer in self._peers:
            peer.close()


def head(method: str, path: str, *headers: str) -> bytes:
    named = any(header.lower().startswith("host:") for header in headers)
    lines = [f"{method} {path} HTTP/1.1", *(() if named else ("Host: localhost",)), *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def ticks() -> None:
    """Let what is ready happen."""
    for _ in range(10):
        await asyncio.sleep(0)


@asynccontextmanager
async def served(
    where: Path,
    *,
    most: int = 8,
    counting: Counting | None = None,
    hosts: Collection[str] = (),
    token: Token | None = None,
    open: Collection[str] = (),
) -> AsyncIterator[Served]:
    """A server at a socket in `where`, gone afterwards. A socket of a file: what is sent is there at once."""
    stage = Stage()
    gate = Gate(application(stage, OPERATIONS), counting or Uncounted(), lambda: hosts, token, open)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.setblocking(False)
        listening.bind(str(where / "s"))
        listening.listen()
        server = WebServer(gate, Listening(listening, "http://localhost"), most)
        ready = asyncio.Event()
        running = asyncio.create_task(server.run_until_stopped(ready.set))
        await ready.wait()
        made = Served(server, stage, where / "s")
        try:
            async with asyncio.timeout(100 * LONG_S):
                yield made
        finally:
            made.hang_up()
            await server.stop()
            await running
