"""What every request passes before its operation, and every answer after it. One plain ASGI application.

Host, token, whether the node is stopping; then the operation; what it raises becomes a problem document, and
nothing else of it is told. What was asked and how it ended is logged and counted.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from typing import Final, Protocol, cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chorus_hooks import traceparent
from chorus_hooks.errors import ChorusError, Unreachable
from chorus_hooks.log_context import bind
from chorus_http.server import problem
from chorus_http.server.answer import Abandoned, Whole
from chorus_http.server.hosts import host_of, is_ours
from chorus_http.server.problem import ProblemError
from chorus_http.server.protocol import Connection
from chorus_http.server.token import Token

UNKNOWN: Final = "unmatched"
"""The route in logs and metrics of what is no route: paths of strangers are no labels."""

_log = logging.getLogger("chorus.http.access")
_faults = logging.getLogger("chorus.http")

_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_PRIVATE: Final = (b"cache-control", b"no-store")


class Counting(Protocol):
    """Who is told of each request."""

    def begun(self) -> None:
        """One more is under way."""
        ...

    def ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """It has its answer."""
        ...


class Gate:
    """The outermost application of one port.

    `hosts` are names that clients may use beside addresses and localhost (None: any name), `token` is
    needed everywhere but at the `open` paths (None: nowhere).
    """

    def __init__(
        self,
        app: ASGIApp,
        counting: Counting,
        hosts: Callable[[], Collection[str]] | None,
        token: Token | None = None,
        open: Collection[str] = (),
    ) -> None:
        self._app = app
        self._counting = counting
        self._hosts = hosts
        self._token = token
        self._open = frozenset(open)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        answering = _Answering(scope, send)
        began = time.perf_counter()
        self._counting.begun()
        with bind(trace_id=traceparent.trace_id(answering.trace)):
            try:
                await self._pass(answering, receive)
            finally:
                seconds = time.perf_counter() - began
                route = scope.get("chorus.route", UNKNOWN)
                self._counting.ended(scope["method"], route, answering.status, seconds)
                _tell(scope["method"], route, answering.status, seconds)

    async def _pass(self, answering: "_Answering", receive: Receive) -> None:
        scope = answering.scope
        try:
            self._admit(scope)
            await self._app(scope, receive, answering.send)
        except ProblemError as error:
            await answering.refuse(error, receive)
        except ChorusError as error:
            if not isinstance(error, Unreachable) and problem.problem_of(error).status >= 500:
                _faults.error("%s", error.message, extra={"hint": error.hint})
            await answering.refuse(problem.problem_of(error), receive)
        except Abandoned:
            answering.cut()
        except asyncio.CancelledError:
            await answering.refuse(problem.unavailable("the node is stopping"), receive)
        except Exception:
            _faults.exception("a request failed")
            hint = "the node's log has more under this trace_id"
            await answering.refuse(ProblemError(500, "this is a fault of the node", hint=hint), receive)

    def _admit(self, scope: Scope) -> None:
        headers = scope["headers"]
        if self._hosts is not None:
            self._check_host([value for name, value in headers if name == b"host"], self._hosts)
        if self._token is not None and scope["path"] not in self._open:
            _check_token([value for name, value in headers if name == b"authorization"], self._token)

    @staticmethod
    def _check_host(given: list[bytes], hosts: Callable[[], Collection[str]]) -> None:
        host = host_of(given[0]) if len(given) == 1 else None
        if host is None or not is_ours(host, frozenset(hosts())):
            raise ProblemError(
                421,
                "this node is not known by that name",
                hint="use its address, or allow the name with CHORUS_API_HOSTS",
            )


class _Answering:
    """The answer to one request, while it is made."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self.status = 499  # as others log it: the client went away before there was an answer
        self._send = send
        self._complete = False
        asked = next((value for name, value in scope["headers"] if name == b"traceparent"), None)
        # What the task carries on is a span of ours in the trace of the caller.
        parent = traceparent.parse(asked.decode("latin-1")) if asked else None
        self.trace = scope["chorus.traceparent"] = traceparent.child(parent)

    async def send(self, message: Message) -> None:
        """Pass a message on, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"]
            headers.extend(_ALWAYS)
            if not any(name == b"cache-control" for name, _ in headers):
                headers.append(_PRIVATE)
        elif not message.get("more_body"):
            self._complete = True
        await self._send(message)

    async def refuse(self, error: ProblemError, receive: Receive) -> None:
        """Say no, if nothing was said yet; an answer that has begun is cut off instead."""
        if self.status != 499:
            self.cut()
            return
        body = problem.encode(error, traceparent.trace_id(self.trace))
        answer = Whole(body, error.status, problem.MEDIA_TYPE, error.headers)
        await answer.send(self.scope, receive, self.send)

    def cut(self) -> None:
        """Close the connection, so that nobody takes a part of an answer for the whole."""
        if not self._complete:
            cast(Connection, self.scope["chorus.connection"]).abort()


def _check_token(given: list[bytes], token: Token) -> None:
    scheme, _, offered = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
    if scheme.lower() != b"bearer" or not token.accepts(offered.strip()):
        raise ProblemError(
            401,
            "a request needs the node's token" if not given else "this is not the node's token",
            hint="Authorization: Bearer TOKEN, with what is in api-token in the state dir",
            headers={"www-authenticate": 'Bearer realm="chorus"'},
        )


def _tell(method: str, route: str, status: int, seconds: float) -> None:
    level = logging.WARNING if status >= 500 and status != 503 else logging.INFO
    if level == logging.INFO and (method in ("GET", "HEAD") or 400 <= status < 500):
        level = logging.DEBUG
    if _log.isEnabledFor(level):
        fields = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 2)}
        _log.log(level, "%s %s %d", method, route, status, extra=fields)
