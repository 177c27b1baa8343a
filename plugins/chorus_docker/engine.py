"""A small client of the Docker Engine API: JSON in and out, and raw streams after an upgrade.

Each request has a connection of its own: a broken one cannot poison the next, and it costs 0.1 ms. The API
version is the engine's own, so old and new engines are served alike.
"""

import errno
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlencode

import h11
import trio

from chorus_docker.conversation import Conversation
from chorus_docker.endpoint import Endpoint
from chorus_docker.stream import RawStream
from chorus_hooks.errors import Unreachable

PING_S: Final = 2.0
"""An engine that needs longer to say that it is there is too busy to start a container."""

ANSWER_S: Final = 30.0
"""A container starts in 0.1 s; under heavy load 10 s were seen."""

FALLBACK_VERSION: Final = "1.41"


class ApiError(Unreachable):
    """The engine said no: an HTTP status of 400 or more, and its own text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"the Docker engine answered {status}: {text}")
        self.status = status
        self.text = text


class Engine:
    """The engine at one endpoint. Calls raise Unreachable when it does not answer, ApiError for a no."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._version = ""

    async def ping(self) -> None:
        """Whether it answers, and which version of the API it speaks."""
        async with self._conversation(PING_S) as conversation:
            await conversation.ask("GET", "/_ping", None)
            status, headers = await conversation.answer()
            text = await conversation.body()
        if status != 200:
            raise ApiError(status, _text(text))
        self._version = headers.get("api-version", FALLBACK_VERSION)

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        timeout_s: float = ANSWER_S,
    ) -> Any:
        """One request; gives the parsed JSON, or None when the answer is empty."""
        target = await self._target(path, query)
        async with self._conversation(timeout_s) as conversation:
            await conversation.ask(method, target, body)
            status, _ = await conversation.answer()
            text = await conversation.body()
            if status >= 400:
                raise ApiError(status, _text(text))
            return json.loads(text) if text[:1] in (b"{", b"[") else None
        raise AssertionError("a conversation swallows no exception")

    async def upgrade(
        self, path: str, body: object = None, *, query: Mapping[str, str] | None = None
    ) -> RawStream:
        """POST, then take the connection over (attach, exec start)."""
        target = await self._target(path, query)
        async with self._conversation(ANSWER_S, keep=True) as conversation:
            await conversation.ask("POST", target, body, upgrade=True)
            status, _ = await conversation.answer()
            if status not in (101, 200):
                raise ApiError(status, _text(await conversation.body()))
            return RawStream(conversation.socket, conversation.upgraded())
        raise AssertionError("a conversation swallows no exception")

    async def _target(self, path: str, query: Mapping[str, str] | None) -> str:
        if not self._version:
            await self.ping()
        return f"/v{self._version}{path}" + (f"?{urlencode(query)}" if query else "")

    @asynccontextmanager
    async def _conversation(self, timeout_s: float, *, keep: bool = False) -> AsyncIterator[Conversation]:
        """A conversation within a time; with `keep` its socket outlives a success."""
        socket: trio.SocketStream | None = None
        finished = False
        try:
            with trio.fail_after(timeout_s):
                socket = await self.endpoint.connect()
                yield Conversation(socket)
            finished = True
        except trio.TooSlowError as error:
            raise self._unreachable(f"no answer within {timeout_s:g} s") from error
        except (OSError, EOFError, h11.ProtocolError, ValueError) as error:
            raise self._unreachable(str(error), error) from error
        finally:
            if socket is not None and not (keep and finished):
                await trio.aclose_forcefully(socket)

    def _unreachable(self, why: str, error: Exception | None = None) -> Unreachable:
        url = self.endpoint.url
        if isinstance(error, PermissionError) or getattr(error, "errno", None) == errno.EACCES:
            return Unreachable(
                f"no permission to use the Docker engine at {url}",
                hint="add this user to the group docker, or set DOCKER_HOST to an engine of its own",
            )
        return Unreachable(
            f"no Docker engine answers at {url}: {why}",
            hint="start the engine (systemctl start docker), or set DOCKER_HOST",
        )


def _text(body: bytes) -> str:
    """The engine's own words: `message` of its JSON, else what it sent."""
    try:
        return str(json.loads(body)["message"]).strip()
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace").strip()[:500]
