"""One request on its way to its operation: checked values in place of raw bytes."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.types import Receive, Scope

from chorus_http.server.answer import Abandoned
from chorus_http.server.operation import Operation
from chorus_http.server.problem import ProblemError

T = TypeVar("T")

MAX_BODY: Final = 256 << 10
"""Bytes of a JSON body: a task document has 64 KiB at most once it is written tersely."""
BODY_S: Final = 20.0
"""The whole of a JSON body must come in this time, and each `MIN_PIECE` of an upload."""
MIN_PIECE: Final = 64 << 10

_MIME_JSON: Final = ("", "application/json")


@dataclass
class Call:
    """A request: the path's parts, the query as the operation's struct, headers in lower case."""

    scope: Scope
    receive: Receive
    operation: Operation
    path: Mapping[str, str]
    traceparent: str

    @property
    def method(self) -> str:
        """As it was sent: HEAD comes to the operation of GET."""
        return str(self.scope["method"])

    def header(self, name: bytes) -> str:
        """The value of a header; several of the same name as one list; "" when there is none."""
        values = [value for key, value in self.scope["headers"] if key == name]
        return b", ".join(values).decode("latin-1")

    def query(self, kind: type[T]) -> T:
        """The query. Raises ProblemError for what the operation does not declare."""
        return parse_query(self.scope["query_string"], kind)

    async def json(self, kind: type[T], *, optional: bool = False) -> T | None:
        """The body. None when it is empty and `optional`. Raises ProblemError when it is not of that kind."""
        raw = await self.body()
        if not raw and optional:
            return None
        content = self.header(b"content-type").partition(";")[0].strip().lower()
        if content not in _MIME_JSON:
            raise ProblemError(415, f"the body is {content[:80]!r}", hint="send application/json")
        try:
            return msgspec.json.decode(raw, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ProblemError(422, f"the body cannot be taken: {_why(error)}") from None

    async def body(self) -> bytes:
        """The whole of a small body. Raises ProblemError when it is too large or too slow."""
        self.check_length(MAX_BODY)
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_S):
                async for piece in self._pieces():
                    size += len(piece)
                    if size > MAX_BODY:
                        raise too_large(MAX_BODY)
                    pieces.append(piece)
        except TimeoutError:
            raise _too_slow() from None
        return b"".join(pieces)

    async def pieces(self, most: int, at_once: int) -> AsyncGenerator[bytes, None]:
        """A large body, `at_once` bytes and more in a piece. Raises ProblemError for more than `most`."""
        self.check_length(most)
        waiting, held, size, fresh = [], 0, 0, 0
        source = self._pieces()
        deadline = asyncio.timeout(BODY_S)
        try:
            while True:
                try:
                    async with deadline:
                        while held < at_once:
                            piece = await anext(source)
                            waiting.append(piece)
                            held += len(piece)
                            size += len(piece)
                            fresh += len(piece)
                            if size > most:
                                raise too_large(most)
                            if fresh >= MIN_PIECE:
                                fresh = 0
                                deadline.reschedule(asyncio.get_running_loop().time() + BODY_S)
                except StopAsyncIteration:
                    break
                yield b"".join(waiting)
                waiting, held, fresh, deadline = [], 0, 0, asyncio.timeout(BODY_S)
        except TimeoutError:
            raise _too_slow() from None
        if waiting:
            yield b"".join(waiting)

    def check_length(self, most: int) -> None:
        """Refuse by what Content-Length says, before anything is read."""
        length = self.header(b"content-length")
        if length.isdecimal() and int(length) > most:
            raise too_large(most)

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Abandoned
            if message.get("body"):
                yield message["body"]
            if not message.get("more_body"):
                return


def parse_query(raw: bytes, kind: type[T]) -> T:
    """A query string as a struct. Raises ProblemError with what is wrong."""
    given: dict[str, str] = {}
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=64)
    except ValueError:
        raise ProblemError(422, "the query is not percent-encoded UTF-8") from None
    for name, value in pairs:
        if name in given:
            raise ProblemError(422, f"the query has {name[:80]!r} twice")
        given[name] = value
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise ProblemError(422, f"the query cannot be taken: {error}") from None


def too_large(most: int) -> ProblemError:
    """413. The connection is closed after it: the rest of the body is not read."""
    return ProblemError(413, f"the body has more than {most} bytes", headers={"connection": "close"})


def _too_slow() -> ProblemError:
    return ProblemError(408, f"the body did not come within {BODY_S:g} s", headers={"connection": "close"})


def _why(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


NO_QUERY: Any = msgspec.defstruct("NoQuery", [], forbid_unknown_fields=True)
"""For operations that take none: whatever is given is refused."""
