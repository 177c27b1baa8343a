"""One port that is served: uvicorn on the island, without its polling, and with an end that is kept."""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final, cast

import uvicorn
from starlette.types import ASGIApp

from chorus_http.server.listening import Listening
from chorus_http.server.protocol import MAX_HEAD, Connection, Connections

KEEP_ALIVE_S: Final = 15
"""An idle connection stays open so long: clients and proxies reuse theirs for less."""
GRACE_S: Final = 0.3
"""What requests have, at a stop, to end by themselves. A node is to be gone within a second."""
UNWIND_S: Final = 0.3
"""What cancelled requests have to say so, and to unwind on the other side of the bridge."""


class WebServer(uvicorn.Server):
    """Serves `app` on a socket that is already listening. All but the constructor runs on the island."""

    def __init__(self, app: ASGIApp, listening: Listening, most: int) -> None:
        self.connections = Connections(most)
        super().__init__(
            uvicorn.Config(
                cast(Any, app),
                loop="none",
                http=cast(Any, partial(Connection, connections=self.connections)),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_S,
                h11_max_incomplete_event_size=MAX_HEAD,
            )
        )
        self._socket = listening.socket
        self._stop: asyncio.Event | None = None
        self.url = listening.url

    async def run_until_stopped(self, ready: Callable[[], None]) -> None:
        """Serve; `ready` is called when connections are taken."""
        self._stop = asyncio.Event()
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # what it has to tell, we tell
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup(sockets=[self._socket])
        try:
            ready()
            await self.main_loop()
        finally:
            await self.shutdown([self._socket])

    async def stop(self) -> None:
        """Let `run_until_stopped` end."""
        if self._stop is not None:
            self._stop.set()

    async def main_loop(self) -> None:
        """Renew the Date header each second, until told to stop."""
        assert self._stop is not None
        while True:
            await self.on_tick(0)
            try:
                async with asyncio.timeout(1.0):
                    await self._stop.wait()
            except TimeoutError:
                continue
            return

    async def shutdown(self, sockets: Any = None) -> None:
        """Take no more, let what runs end, then cancel it, then hang up."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self._tasks_end(GRACE_S)
        for task in self.server_state.tasks:
            task.cancel()
        await self._tasks_end(UNWIND_S)
        for connection in list(self.server_state.connections):
            cast(Connection, connection).abort()

    async def _tasks_end(self, seconds: float) -> None:
        if self.server_state.tasks:
            await asyncio.wait(set(self.server_state.tasks), timeout=seconds)
