"""One connection: uvicorn's own handling of HTTP/1.1, with limits that it does not have.

A request's head must come within `HEAD_S` (slow loris), and so must what is left of a body that has its
answer already; a client must read what it asked for; what is no HTTP is told as a problem document, an
answer can be cut off at once, and when there are too many connections the longest idle one makes room.
"""

import asyncio
import sys
from contextlib import AbstractContextManager
from http import HTTPStatus
from typing import Any, Final, cast

import h11
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from chorus_http.server import problem
from chorus_http.server.corked import Corked
from chorus_http.server.problem import ProblemError

HEAD_S: Final = 10.0
"""From its first byte, or from the connection's begin. The slowest honest client needs one round trip."""
MAX_HEAD: Final = 32 << 10
"""Bytes of a request's head."""
SEND_S: Final = 30.0
"""A client that takes less than `SEND_LEAST` in so long is gone: what it was to read is kept for nobody."""
SEND_LEAST: Final = 64 << 10


class Connections:
    """What is open at one port. `most` bounds it; the process has a bound on descriptors, too."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.open: dict[Connection, None] = {}
        self.idle: dict[Connection, None] = {}

    def add(self, connection: "Connection") -> bool:
        """Whether there is room for it; the one that has been idle for the longest may have to go."""
        if len(self.open) >= self.most:
            if not self.idle:
                return False
            next(iter(self.idle)).abort()
        self.open[connection] = None
        self.idle[connection] = None
        return True

    def remove(self, connection: "Connection") -> None:
        """It is closed, or about to be."""
        self.open.pop(connection, None)
        self.idle.pop(connection, None)

    def working(self, connection: "Connection") -> None:
        """A whole head has come."""
        self.idle.pop(connection, None)

    def resting(self, connection: "Connection") -> None:
        """It waits for a request."""
        if connection in self.open:
            self.idle[connection] = None


class Connection(H11Protocol):
    """A connection of one client. `scope["chorus.connection"]` is how a route reaches it."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        connections: Connections,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._all = connections
        self._head_timer: asyncio.TimerHandle | None = None
        self._read_timer: asyncio.TimerHandle | None = None
        self._asgi = self.app
        self.access_log = False
        self.app = self._serve

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["chorus.connection"] = self
        await cast(Any, self._asgi)(scope, receive, send)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it, or say at once that there are too many."""
        self._cork = Corked(transport)
        super().connection_made(cast(asyncio.Transport, self._cork))
        if self._all.add(self):
            self._await_head()
        else:
            self._refuse(problem.unavailable("too many connections are open", after=5))

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone, by either side."""
        self._head_came()
        self._is_read()
        self._all.remove(self)
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes; they may complete a head, or begin the next one."""
        super().data_received(data)
        if self._has_unwanted():
            return  # its time runs already
        if self.conn.their_state is not h11.IDLE:
            self._head_came()
            self._all.working(self)
        elif self._head_timer is None and self.conn.trailing_data[0]:
            self._await_head()

    def on_response_complete(self) -> None:
        """Wait for the next request, or take up one that is already there."""
        self._all.resting(self)
        super().on_response_complete()
        if self.transport.is_closing():
            self._await_reading()
        elif self._has_unwanted():
            self._await_head()
        elif self.conn.their_state is not h11.IDLE:
            self._all.working(self)
        elif self.conn.trailing_data[0]:
            self._unset_keepalive_if_required()
            self._await_head()

    def send_400_response(self, msg: str) -> None:
        """Tell what is wrong with a request that is no HTTP, and hang up."""
        error = sys.exc_info()[1]  # uvicorn calls this from where it caught it
        status = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
        if status == 431:
            self._refuse(ProblemError(431, f"the head of the request has more than {MAX_HEAD} bytes"))
        else:
            self._refuse(ProblemError(400, "this is no HTTP/1.1 request", hint="is something in between?"))

    def pause_writing(self) -> None:
        """There is more to be sent than the client has taken; it must go on with it."""
        super().pause_writing()
        self._await_reading()

    def resume_writing(self) -> None:
        """It did. What is left at the end, when the connection is to close, must be read as well."""
        self._is_read()
        if self.transport.is_closing():
            self._await_reading()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Hang up, once what was said is read."""
        super().timeout_keep_alive_handler()
        self._await_reading()

    def corked(self) -> AbstractContextManager[None]:
        """What is sent inside goes out in one piece."""
        return self._cork.corked()

    def abort(self) -> None:
        """Close it now: what is still to be sent never is."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._all.remove(self)
        self.transport.abort()

    def _has_unwanted(self) -> bool:
        """Whether a request has its answer, but its body has not all come."""
        return self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY

    def _await_reading(self) -> None:
        self._is_read()
        waits = self.transport.get_write_buffer_size()
        self._read_timer = self.loop.call_later(SEND_S, self._not_read, waits)

    def _is_read(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _not_read(self, waited: int) -> None:
        self._read_timer = None
        if waited - self.transport.get_write_buffer_size() < SEND_LEAST:
            self.abort()
        else:
            self._await_reading()

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_S, self._head_late)

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_late(self) -> None:
        self._head_timer = None
        if self.conn.trailing_data[0]:
            self._refuse(ProblemError(408, f"the head of the request did not come within {HEAD_S:g} s"))
        else:
            self.timeout_keep_alive_handler()

    def _refuse(self, error: ProblemError) -> None:
        """Answer without a route, as far as an answer is possible here, and close."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._all.remove(self)
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE) and not self.transport.is_closing():
            body = problem.encode(error)
            headers = [
                (b"content-type", problem.MEDIA_TYPE.encode()),
                (b"content-length", b"%d" % len(body)),
                *((name.encode(), value.encode()) for name, value in error.headers.items()),
                (b"cache-control", b"no-store"),
                (b"connection", b"close"),
            ]
            said = (
                h11.Response(
                    status_code=error.status, headers=headers, reason=HTTPStatus(error.status).phrase.encode()
                ),
                h11.Data(data=body),
                h11.EndOfMessage(),
            )
            for event in said:
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
        self.loop.call_later(1.0, self.transport.abort)  # a client that does not read what it is told
