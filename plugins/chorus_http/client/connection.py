"""One node, as a client sees it: requests with the token, answers checked, faults told as our own errors."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode, urlsplit

import httpcore
import msgspec
import trio

from chorus_hooks.endpoint import Endpoint
from chorus_hooks.errors import ChorusError, Unreachable
from chorus_http.client.fault import Lost, told
from chorus_http.client.problem import error_of

CONNECT_S: Final = 5.0
"""A node on the other side of the world answers a SYN in half a second; twice lost, that is three."""
WRITE_S: Final = 30.0
"""One piece of an upload that does not go out in this time meets a peer that has stopped."""
READ_S: Final = 30.0
"""A node answers in milliseconds; a disk that other work keeps busy makes it wait for seconds."""
PAUSES_S: Final = (0.1, 0.5, 2.0)
"""Before a request whose answer was lost is sent again."""
MAX_ANSWER: Final = 256 << 20
"""A page of 1,000 tasks with documents of 64 KiB and their results fits; nothing larger is held in memory."""
MAX_PROBLEM: Final = 64 << 10

Method = Literal["GET", "HEAD", "POST", "PUT"]
Body = bytes | AsyncIterator[bytes]


@dataclass(frozen=True)
class Call:
    """One request. `path` is below `/api/v1` and made of segments, which are quoted here.

    `read_s` is how long the node may be silent, in seconds.
    """

    method: Method
    path: Sequence[str]
    query: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body = b""
    read_s: float = READ_S


class Answer:
    """What came back, with a body that is read once."""

    def __init__(self, response: httpcore.Response) -> None:
        self.status = response.status
        self.headers = {
            name.decode("ascii").lower(): value.decode("latin-1") for name, value in response.headers
        }
        self._chunks = response.aiter_stream()

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes; what is not read is left behind."""
        return self._chunks

    async def read(self, most: int = MAX_ANSWER) -> bytes:
        """The whole body. Raises ChorusError when it is larger than `most`."""
        pieces: list[bytes] = []
        size = 0
        async for chunk in self._chunks:
            pieces.append(chunk)
            size += len(chunk)
            if size > most:
                raise ChorusError(f"the node's answer has more than {most} bytes")
        return b"".join(pieces)

    async def leave(self) -> None:
        """Read no more: the generators below are ended by a cancelled read, or they would be left hanging."""
        with trio.CancelScope() as scope:
            scope.cancel()
            async for _ in self._chunks:
                pass


class Connection:
    """The way to one node, for every remote service of this process. Follows no redirect."""

    def __init__(self, endpoint: Endpoint, pool: httpcore.AsyncConnectionPool) -> None:
        self._endpoint = endpoint
        self._pool = pool

    @property
    def url(self) -> str:
        """The base of the node's API."""
        return self._endpoint.url

    async def get(self, *path: str, **query: object) -> dict[str, Any]:
        """The JSON object at a path."""
        return await self.ask(Call("GET", path, query), again=True)

    async def ask(self, call: Call, *, again: bool) -> dict[str, Any]:
        """The JSON object that a request gives; `again` allows to repeat it when its answer was lost."""
        raw = await self.read(call, again=again)
        try:
            return msgspec.json.decode(raw, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise ChorusError(
                f"{self.url} does not answer as a node does", hint="does CHORUS_URL name a CHORUS node?"
            ) from None

    async def read(self, call: Call, *, again: bool) -> bytes:
        """The body that a request gives."""
        pauses = iter(PAUSES_S if again else ())
        lost = False
        while True:
            try:
                async with self.open(call) as answer:
                    return await answer.read()
            except Unreachable as error:
                lost = lost or isinstance(error, Lost)
                pause = next(pauses, None) if lost else None
                if pause is None:
                    raise
            await trio.sleep(pause)

    @asynccontextmanager
    async def open(self, call: Call) -> AsyncIterator[Answer]:
        """Send a request and get an answer that says yes; any other is raised as the error it tells of."""
        with told(self.url):
            async with self._pool.stream(
                call.method,
                self._target(call),
                headers=self._headers(call),
                content=call.body,
                extensions={"timeout": {"connect": CONNECT_S, "write": WRITE_S, "read": call.read_s}},
            ) as response:
                answer = Answer(response)
                try:
                    if not 200 <= answer.status < 300:
                        raise error_of(answer.status, answer.headers, await self._problem(answer), self.url)
                    yield answer
                finally:
                    await answer.leave()

    def _target(self, call: Call) -> str:
        path = "/".join(quote(segment, safe="") for segment in call.path)
        query = urlencode({name: _word(value) for name, value in call.query.items() if value is not None})
        return f"{self.url}/api/v1/{path}{'?' + query if query else ''}"

    def _headers(self, call: Call) -> list[tuple[str, str]]:
        own = {
            "Host": urlsplit(self.url).netloc,
            "Authorization": f"Bearer {self._endpoint.token}",
            "User-Agent": "chorus",
            "Accept-Encoding": "identity",
        }
        if isinstance(call.body, bytes) and call.method in ("POST", "PUT"):
            own["Content-Length"] = str(len(call.body))
        return list({**own, **call.headers}.items())

    async def _problem(self, answer: Answer) -> bytes:
        try:
            return await answer.read(MAX_PROBLEM)
        except ChorusError:
            return b""


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
