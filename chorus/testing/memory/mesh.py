"""A node's end of a network in memory."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import trio

from chorus.testing.memory.address import parse
from chorus.testing.memory.connection import Connection
from chorus.testing.memory.handshake import Handshake
from chorus.testing.memory.host import Host
from chorus.testing.memory.records import MemoryRecords
from chorus.testing.memory.stream import MemoryStream
from chorus.testing.memory.topics import MemoryTopics
from chorus_hooks.errors import Unreachable
from chorus_hooks.mesh import Link, Stream

if TYPE_CHECKING:
    from chorus.testing.memory.network import MemoryNetwork

_log = logging.getLogger("chorus.testing.memory")

DIAL_S: Final = 10.0
"""Seconds after which a dial that nothing answers gives up."""

Handler = Callable[[Stream], Awaitable[None]]


class MemoryMesh:
    """A `chorus_hooks.mesh.Mesh`; `MemoryNetwork.mesh` makes them. One life of a node: a crash ends it."""

    def __init__(self, network: "MemoryNetwork", host: Host, secret: bytes) -> None:
        self.secret = secret
        self.running = True
        self.topics = MemoryTopics(network, self)
        self._network = network
        self._host = host
        self._handlers: dict[str, Handler] = {}
        self._connections: dict[str, list[Connection]] = {}
        self._watchers: list[trio.MemorySendChannel[Link]] = []
        self._tasks: dict[int, trio.CancelScope] = {}
        self._started = 0
        self.records = MemoryRecords(self)
        self.start(self.records.run)

    @property
    def peer_id(self) -> str:
        """Whose mesh this is."""
        return self._host.peer_id

    @property
    def addresses(self) -> tuple[str, ...]:
        """The one address, which `MemoryNetwork.move` changes."""
        return (self._host.address,)

    async def dial(self, address: str) -> str:
        """Connect; a dial that nothing answers takes 10 seconds."""
        wanted = parse(address)
        await trio.lowlevel.checkpoint()
        self._check()
        if wanted.peer_id is not None and self.is_linked(wanted.peer_id):
            return wanted.peer_id
        with trio.move_on_after(DIAL_S):
            return await Handshake(self._network, self, wanted).run()
        raise Unreachable(f"{address} does not answer")

    async def hang_up(self, peer_id: str) -> None:
        """Close what there is to a peer; it notices when that reaches it."""
        await trio.lowlevel.checkpoint()
        for connection in self.connections_to(peer_id):
            connection.hang_up()

    @asynccontextmanager
    async def links(self) -> AsyncIterator[AsyncIterator[Link]]:
        """What is up, then every change."""
        send, receive = trio.open_memory_channel[Link](float("inf"))  # none may be left out
        for connections in self._connections.values():
            send.send_nowait(_link(connections[0], up=True))
        self._watchers.append(send)
        try:
            async with receive:
                yield receive
        finally:
            self._watchers.remove(send)

    async def open(self, peer_id: str, protocol: str) -> MemoryStream:
        """A stream that the peer has taken; waits for ever for a peer that froze."""
        await trio.lowlevel.checkpoint()
        self._check()
        connections = self._connections.get(peer_id)
        if not connections:
            raise Unreachable(f"{peer_id} is not linked")
        return await connections[0].stream(protocol)

    def serve(self, protocol: str, handler: Handler) -> None:
        """Take the streams of a protocol."""
        if protocol in self._handlers:
            raise RuntimeError(f"{protocol} has a handler already")
        self._handlers[protocol] = handler

    def is_linked(self, peer_id: str) -> bool:
        """Whether there is a connection to a peer."""
        return peer_id in self._connections

    def connections(self) -> tuple[Connection, ...]:
        """One for each peer that is linked."""
        return tuple(connections[0] for connections in self._connections.values())

    def connections_to(self, peer_id: str) -> tuple[Connection, ...]:
        """All that there are to one peer."""
        return tuple(self._connections.get(peer_id, ()))

    def connected(self, connection: Connection) -> None:
        """A connection is up at this end."""
        others = self._connections.setdefault(connection.peer_id, [])
        others.append(connection)
        if len(others) == 1:
            self._say(_link(connection, up=True))

    def connection_lost(self, connection: Connection) -> None:
        """A connection is gone at this end."""
        left = self._connections.get(connection.peer_id, [])
        if connection not in left:
            return
        left.remove(connection)
        if not left:
            del self._connections[connection.peer_id]
            self._say(_link(connection, up=False))

    def handler(self, protocol: str) -> Handler | None:
        """Who takes the streams of a protocol."""
        return self._handlers.get(protocol)

    def handle(self, handler: Handler, stream: MemoryStream) -> None:
        """Give a stream that a peer opened to its handler."""

        async def handling() -> None:
            try:
                await handler(stream)
            except Exception:
                _log.exception("a handler of %s failed", stream.protocol)
            finally:
                stream.close()

        self.start(handling)

    def start(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task that ends with the node."""
        number = self._started
        self._started += 1
        scope = self._tasks[number] = trio.CancelScope()

        async def running() -> None:
            with scope:
                await task()
            del self._tasks[number]

        self._network.start(running)

    def stop(self) -> None:
        """End this life: the kernel of its host closes the connections."""
        self.running = False
        for connections in tuple(self._connections.values()):
            for connection in tuple(connections):
                connection.hang_up()
        for scope in tuple(self._tasks.values()):
            scope.cancel()

    def _check(self) -> None:
        if not self.running:
            raise Unreachable("this node does not run any more")

    def _say(self, link: Link) -> None:
        for watcher in self._watchers:
            watcher.send_nowait(link)


def _link(connection: Connection, *, up: bool) -> Link:
    return Link(connection.peer_id, up, connection.address, connection.dialled)
