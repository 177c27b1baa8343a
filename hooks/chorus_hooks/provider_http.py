"""One request to a server of models, and its answer piece by piece: bounded in time and size.

For providers whose service speaks HTTP. httpx is imported when the first request is made.

A client lives as long as its request. A stream that was left cannot be used again anyway, to connect takes a
fraction of what a model thinks, and so nothing stays open that somebody would have to close.
"""

import json
import logging
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

import trio

from chorus_hooks.provider import ProviderFault

if TYPE_CHECKING:
    import ssl

    import httpx

LARGEST_ANSWER: Final = 8 << 20
"""Of what is read at once: a list of all models of a large service is some hundred thousand bytes."""
LARGEST_ERROR: Final = 64 << 10


@dataclass(frozen=True)
class Patience:
    """How long a server may take, in seconds.

    `connect`: to accept a connection. `first`: to begin its answer; a model is read from disk and a long
    prompt goes through it before that. `between`: from one piece to the next. `whole`: for all of it.
    """

    connect: float = 5.0
    first: float = 300.0
    between: float = 60.0
    whole: float = 1800.0


class NoConnection(ProviderFault):
    """Nothing was sent: no connection came about."""


class Answer:
    """What a server answers, read once. `server` is what it is called in faults."""

    def __init__(self, response: "httpx.Response", server: str, patience: Patience, ends_at: float) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.server = server
        self._pieces = response.aiter_raw()
        self._patience = patience
        self._ends_at = ends_at

    async def piece(self) -> bytes:
        """What came next, empty at the end. Raises ProviderFault: too late, or the connection broke."""
        latest = min(trio.current_time() + self._patience.between, self._ends_at)
        with _told(self.server, begun=True), trio.move_on_at(latest):
            return await anext(self._pieces, b"")
        if trio.current_time() >= self._ends_at:
            text = f"did not come to an end within {self._patience.whole:g} s"
        else:
            text = f"stopped in its reply, and was silent for {self._patience.between:g} s"
        raise ProviderFault("cut", f"{self.server} {text}")

    async def read(self, most: int = LARGEST_ANSWER) -> bytes:
        """All of it. Raises ProviderFault when it is larger than `most` bytes."""
        whole = bytearray()
        while piece := await self.piece():
            whole += piece
            if len(whole) > most:
                raise ProviderFault("cut", f"{self.server} answers with more than {most} bytes")
        return bytes(whole)

    async def error(self) -> bytes:
        """What an answer that says no has to say, as far as it can be had."""
        try:
            return await self.read(LARGEST_ERROR)
        except ProviderFault:
            return b""

    async def leave(self) -> None:
        """Read no more: a cancelled read ends the generators below, which would be left hanging."""
        with trio.CancelScope() as scope:
            scope.cancel()
            async for _ in self._pieces:
                pass


@asynccontextmanager
async def asked(
    server: str,
    method: Literal["GET", "POST"],
    url: str,
    *,
    patience: Patience,
    headers: Mapping[str, str] | None = None,
    document: Mapping[str, Any] | None = None,
) -> AsyncIterator[Answer]:
    """Send a request, and hang up at the end. Follows no redirect. Raises ProviderFault."""
    authorities = await _library()
    import httpx

    from chorus_hooks.provider_body import Body

    ends_at = trio.current_time() + patience.whole
    content = b"" if document is None else json.dumps(document).encode()
    own = {"Accept-Encoding": "identity", "User-Agent": "chorus", "Content-Type": "application/json"}
    waits = httpx.Timeout(None, connect=patience.connect)
    with _told(server, begun=False):
        client = httpx.AsyncClient(timeout=waits, verify=authorities, trust_env=not _is_here(url))
        request = client.build_request(method, url, content=content, headers={**own, **(headers or {})})
        request.stream = Body(content)
    async with client:
        response = await _sent(client, request, server, patience)
        answer = Answer(response, server, patience, ends_at)
        try:
            yield answer
        finally:
            await answer.leave()
            await response.aclose()


async def _sent(
    client: "httpx.AsyncClient", request: "httpx.Request", server: str, patience: Patience
) -> "httpx.Response":
    with _told(server, begun=False), trio.move_on_after(patience.first):
        return await client.send(request, stream=True)
    raise ProviderFault("unreachable", f"{server} did not begin to answer within {patience.first:g} s")


def _is_here(url: str) -> bool:
    """Whether it is this machine, which no proxy of the environment leads to."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _library() -> "ssl.SSLContext":
    """httpx and the authorities take a tenth of a second to load: in a thread, for a node has other work."""
    try:
        if not _loaded.cache_info().currsize:
            await trio.to_thread.run_sync(_loaded)
        return _loaded()
    except OSError as error:
        text = f"the authorities that vouch for servers cannot be read: {error.strerror}"
        raise ProviderFault(
            "denied", text, hint="unset SSL_CERT_FILE and SSL_CERT_DIR, or correct them"
        ) from None


@lru_cache(1)
def _loaded() -> "ssl.SSLContext":
    import httpx

    # It tells of each request on the level of our own news.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return httpx.create_ssl_context()


@contextmanager
def _told(server: str, *, begun: bool) -> Iterator[None]:
    """Turn what httpx raises into a fault. Not chained: what it knows of the request has the key in it."""
    import httpx

    fault: ProviderFault
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
        fault = NoConnection("unreachable", f"no connection to {server}: {_why(error)}")
    except httpx.HTTPError as error:
        kind: Literal["cut", "unreachable"] = "cut" if begun else "unreachable"
        fault = ProviderFault(kind, f"the connection to {server} broke: {_why(error)}")
    except (httpx.InvalidURL, ValueError, ImportError):
        # ImportError: a SOCKS proxy, which httpx cannot do by itself.
        text = f"the address of {server}, or the proxy that the environment names, cannot be used"
        fault = ProviderFault("denied", text, hint="look at HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY")
    else:
        return
    raise fault from None


def _why(error: BaseException) -> str:
    """The operating system's word for it when there is one; never httpx's, which may quote a header."""
    import httpx

    if isinstance(error, httpx.ConnectTimeout):
        return "it takes too long to connect"
    if isinstance(error, httpx.RemoteProtocolError):
        return "the server hung up, or does not speak HTTP"
    seen: BaseException | None = error
    while seen is not None:
        inner = seen.exceptions[0] if isinstance(seen, BaseExceptionGroup) else seen
        if isinstance(inner, OSError) and inner.errno is not None:
            told = getattr(inner, "verify_message", "") or getattr(inner, "reason", "")  # of TLS
            known = os.strerror(inner.errno) if inner.errno > 0 else inner.strerror
            return str(told or known or type(inner).__name__).replace("_", " ").lower()
        seen = inner.__cause__ or inner.__context__
    return type(error).__name__
