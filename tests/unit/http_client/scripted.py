"""A node that says what a test tells it to say, on a real socket."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import h11
import msgspec
import trio

from chorus_http.client.connection import Connection
from chorus_http.client.transport import pool

TOKEN = "test-token-0123456789"


@dataclass(frozen=True)
class Endpoint:
    """Where the node is."""

    url: str
    token: str = TOKEN


@dataclass(frozen=True)
class Seen:
    """A request as the node saw it."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Exchange:
    """One request, and the means to answer it."""

    seen: Seen
    stream: trio.SocketStream
    http: h11.Connection

    async def head(self, status: int, **headers: str) -> None:
        """Status and headers; the body follows."""
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        await self._send(h11.Response(status_code=status, headers=named))

    async def piece(self, data: bytes) -> None:
        """Some of the body."""
        await self._send(h11.Data(data=data))

    async def end(self) -> None:
        """The body is whole."""
        await self._send(h11.EndOfMessage())

    async def say(self, status: int, body: bytes = b"", **headers: str) -> None:
        """A whole answer."""
        await self.head(status, content_length=str(len(body)), **headers)
        if body and self.seen.method != "HEAD":
            await self.piece(body)
        await self.end()

    async def json(self, document: object, status: int = 200) -> None:
        """A whole JSON answer."""
        await self.say(status, msgspec.json.encode(document), content_type="application/json")

    async def hang_up(self) -> None:
        """Close, whatever was promised."""
        await self.stream.aclose()

    async def _send(self, event: h11.Event) -> None:
        data = self.http.send(event)
        if data:
            await self.stream.send_all(data)


Script = Callable[[Exchange], Awaitable[None]]


@dataclass
class ScriptedNode:
    """Answers each request with the next script, and the rest with the last one."""

    scripts: list[Script]
    seen: list[Seen] = field(default_factory=list)
    url: str = ""
    _news: trio.Event = field(default_factory=trio.Event)

    async def asked(self, times: int) -> None:
        """Wait until it was asked so many times."""
        with trio.fail_after(20):
            while len(self.seen) < times:
                await self._news.wait()

    async def serve(self, stream: trio.SocketStream) -> None:
        """One connection."""
        http = h11.Connection(h11.SERVER)
        try:
            while (seen := await self._request(stream, http)) is not None:
                self.seen.append(seen)
                self._news.set()
                self._news = trio.Event()
                script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
                await script(Exchange(seen, stream, http))
                if http.states != {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}:
                    return
                http.start_next_cycle()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return

    async def _request(self, stream: trio.SocketStream, http: h11.Connection) -> Seen | None:
        request: h11.Request | None = None
        body = b""
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                http.receive_data(await stream.receive_some())
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                assert request is not None
                headers = {name.decode(): value.decode() for name, value in request.headers}
                return Seen(request.method.decode(), request.target.decode(), headers, body)
            else:
                return None


@asynccontextmanager
async def node(*scripts: Script) -> AsyncIterator[tuple[ScriptedNode, Connection]]:
    """A node on loopback, and a connection to it."""
    scripted = ScriptedNode(list(scripts))
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, scripted.serve, 0)
        scripted.url = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}"
        async with connected(scripted.url) as connection:
            yield scripted, connection
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    """A connection to whatever is there."""
    async with pool(url, {}) as connections:
        yield Connection(Endpoint(url), connections)
