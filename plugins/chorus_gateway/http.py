"""HTTP/1.1 with one client in the sandbox, by h11 (RFC 9112), within bounds of size and time."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import h11
import trio

from chorus_gateway.asked import Refusal
from chorus_gateway.carrier import Connection

MAX_BODY: Final = 8 << 20
"""Bytes of a request. A conversation that fills a window of a million tokens has about half of it."""
MAX_HEAD: Final = 32 << 10
IDLE_S: Final = 600.0
"""How long a connection may say nothing between two requests."""
REQUEST_S: Final = 60.0
"""How long one request may take to come: it comes from the same machine."""

LINGER_S: Final = 2.0
"""How long what a client still sends is thrown away after a no."""

JSON: Final = ("Content-Type", "application/json")
EVENTS: Final = ("Content-Type", "text/event-stream")


@dataclass(frozen=True)
class Request:
    """One whole request; `path` is without its query, names of headers are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Conversation:
    """The requests of one connection, one after another."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._http = h11.Connection(our_role=h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        self._bodyless = False
        self.begun = False

    @property
    def gone(self) -> trio.Event:
        """Set when nobody waits for an answer any more."""
        return self._connection.gone

    async def next(self) -> Request | None:
        """The next request; None at the end. Raises Refusal for one that is malformed, too large or slow."""
        self.begun = False
        try:
            with trio.move_on_after(IDLE_S):
                return await self._read()
        except h11.RemoteProtocolError as error:
            raise Refusal(error.error_status_hint or 400, f"this is no HTTP request: {error}") from None
        return None

    async def answer(self, status: int, body: bytes, headers: Iterable[tuple[str, str]] = (JSON,)) -> None:
        """A whole answer."""
        await self._begin(status, [*headers, ("Content-Length", str(len(body)))])
        await self._send(*([] if self._bodyless else [h11.Data(data=body)]), h11.EndOfMessage())

    async def drain(self) -> None:
        """Let a client that is still sending read the answer: closing now would take it back."""
        if self._http.their_state is not h11.DONE:
            with trio.move_on_after(LINGER_S):
                while await self._connection.receive():
                    pass

    async def begin(self) -> None:
        """The head of a stream of events."""
        await self._begin(200, [EVENTS, ("Cache-Control", "no-cache")])

    async def piece(self, data: bytes) -> None:
        """More of the stream."""
        await self._send(h11.Data(data=data))

    async def end(self) -> None:
        """The end of the stream."""
        await self._send(h11.EndOfMessage())

    def goes_on(self) -> bool:
        """Whether another request may follow on this connection."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        return True

    async def _read(self) -> Request | None:
        head = await self._event()
        if not isinstance(head, h11.Request):
            return None
        self._bodyless = head.method == b"HEAD"
        size = len(head.target) + sum(len(name) + len(value) for name, value in head.headers)
        if size > MAX_HEAD:  # h11 looks at heads that come in parts only
            raise Refusal(431, f"the head of the request has more than {MAX_HEAD} bytes")
        body = bytearray()
        with trio.move_on_after(REQUEST_S) as scope:
            if self._http.they_are_waiting_for_100_continue:
                await self._send(h11.InformationalResponse(status_code=100, headers=[]))
            while isinstance(event := await self._event(), h11.Data):
                body += event.data
                if len(body) > MAX_BODY:
                    raise Refusal(413, f"the request has more than {MAX_BODY} bytes", "request_too_large")
            if isinstance(event, h11.ConnectionClosed):
                return None
        if scope.cancelled_caught:
            raise Refusal(408, f"the request did not come in {REQUEST_S:g} s", "request_timeout")
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
        path = head.target.decode("ascii").partition("?")[0]
        return Request(head.method.decode("ascii"), path, headers, bytes(body))

    async def _event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self._connection.receive())
        return event

    async def _begin(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.begun = True
        if self._http.their_state is not h11.DONE:
            headers = [*headers, ("Connection", "close")]
        await self._send(h11.Response(status_code=status, headers=headers))

    async def _send(self, *events: h11.Event) -> None:
        data = b"".join(self._http.send(event) or b"" for event in events)
        await self._connection.send(data)
