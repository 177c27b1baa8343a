"""A socket before the real engine's: it can hang up on everybody, or fall silent."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from chorus_docker.endpoint import parse_endpoint


class Proxy:
    def __init__(self, path: Path) -> None:
        self.host = f"unix://{path}"
        self._flowing = trio.Event()
        self._flowing.set()
        self._scopes: set[trio.CancelScope] = set()
        self._dead = False

    def die(self) -> None:
        """Hang up on everybody, and on whoever comes."""
        self._dead = True
        for scope in self._scopes:
            scope.cancel()

    def stall(self) -> None:
        """Take and pass on nothing more; connections stay open."""
        self._flowing = trio.Event()

    async def serve(self, client: trio.SocketStream) -> None:
        async with client:
            if self._dead:
                return
            async with await parse_endpoint(os.environ.get("DOCKER_HOST", "")).connect() as engine:
                async with trio.open_nursery() as nursery:
                    self._scopes.add(nursery.cancel_scope)
                    nursery.start_soon(self._move, engine, client, nursery.cancel_scope)
                    await self._move(client, engine, None)
                self._scopes.discard(nursery.cancel_scope)

    async def _move(
        self, source: trio.SocketStream, into: trio.SocketStream, done: trio.CancelScope | None
    ) -> None:
        try:
            while piece := await source.receive_some(1 << 16):
                await self._flowing.wait()
                await into.send_all(piece)
            await into.send_eof()
        except (trio.BrokenResourceError, trio.ClosedResourceError, OSError):
            pass
        if done is not None:
            done.cancel()


@asynccontextmanager
async def proxied(directory: Path) -> AsyncIterator[Proxy]:
    path = directory / "proxy.sock"
    proxy = Proxy(path)
    listening = trio.socket.socket(trio.socket.AF_UNIX)
    await listening.bind(str(path))
    listening.listen(16)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, proxy.serve, [trio.SocketListener(listening)])
        yield proxy
        nursery.cancel_scope.cancel()
