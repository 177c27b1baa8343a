"""Which peers are connected, and everybody who wants to hear of changes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio
from libp2p.abc import INetConn, INetStream, INetwork, INotifee
from libp2p.network.connection.swarm_connection import SwarmConn
from libp2p.rcmgr import Direction
from libp2p.stream_muxer.yamux.yamux import Yamux
from multiaddr import Multiaddr

from chorus_hooks.address import address_of_ip
from chorus_hooks.mesh import Link
from chorus_libp2p.host import HANDSHAKE_S


@dataclass(frozen=True, eq=False)
class Connection:
    """One connection to a peer; two when both ends dialled at once, which is still one link."""

    peer_id: str
    address: str
    dialled: bool
    conn: SwarmConn
    since: float = field(default_factory=trio.current_time)

    def link(self, *, up: bool) -> Link:
        """The event that this connection is, when it is the first or the last."""
        return Link(self.peer_id, up, self.address, self.dialled)


class Links:
    """By peer id, in the order in which they came up."""

    def __init__(self) -> None:
        self._connections: dict[str, list[Connection]] = {}
        self._watchers: list[trio.MemorySendChannel[Link]] = []

    def __len__(self) -> int:
        return len(self._connections)

    def __contains__(self, peer_id: str) -> bool:
        return peer_id in self._connections

    def peers(self) -> tuple[str, ...]:
        """Who is linked."""
        return tuple(self._connections)

    def of(self, peer_id: str) -> tuple[Connection, ...]:
        """All connections to one peer."""
        return tuple(self._connections.get(peer_id, ()))

    def all(self) -> tuple[Connection, ...]:
        """All there are."""
        return tuple(each for some in self._connections.values() for each in some)

    def outlived(self, by: Connection) -> tuple[Connection, ...]:
        """Connections of a peer that dials again, later than if both ends had dialled at once.

        Nobody dials whom he is linked to. So the peer has lost them: its machine moved, or had no power, and
        nothing has told this end.
        """
        if by.dialled:
            return ()
        return tuple(each for each in self.of(by.peer_id) if by.since - each.since > HANDSHAKE_S)

    def added(self, connection: Connection) -> None:
        """A connection is up."""
        some = self._connections.setdefault(connection.peer_id, [])
        some.append(connection)
        if len(some) == 1:
            self._say(connection.link(up=True))

    def lost(self, connection: Connection) -> None:
        """A connection is gone."""
        some = self._connections.get(connection.peer_id, [])
        if connection not in some:
            return
        some.remove(connection)
        if not some:
            del self._connections[connection.peer_id]
            self._say(connection.link(up=False))

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[AsyncIterator[Link]]:
        """What is up, then every change."""
        # Without a bound, since none may be left out; each is a handshake of a peer that knows the secret.
        send, receive = trio.open_memory_channel[Link](float("inf"))
        for some in self._connections.values():
            send.send_nowait(some[0].link(up=True))
        self._watchers.append(send)
        try:
            async with receive:
                yield receive
        finally:
            self._watchers.remove(send)

    def _say(self, link: Link) -> None:
        for watcher in self._watchers:
            watcher.send_nowait(link)


class Arrivals(INotifee):
    """Told by libp2p of each new connection. When one is gone, its muxer knows 0.2 s before libp2p says."""

    def __init__(self, links: Links, nursery: trio.Nursery) -> None:
        self._links = links
        self._nursery = nursery

    async def connected(self, network: INetwork, conn: INetConn) -> None:
        """A connection is up; it is watched until it is not."""
        muxer = conn.muxed_conn
        if not (isinstance(conn, SwarmConn) and isinstance(muxer, Yamux)):
            raise TypeError(f"a connection of the unknown kind {type(muxer).__name__}")
        peer_id = str(muxer.peer_id)
        host, port = muxer.get_remote_address() or ("0.0.0.0", 1)  # noqa: S104 - not reached: our wire knows
        address = str(address_of_ip(host, port, peer_id))
        connection = Connection(peer_id, address, conn.direction is Direction.OUTBOUND, conn)
        outlived = self._links.outlived(connection)
        self._links.added(connection)
        for each in outlived:
            self._links.lost(each)
            self._nursery.start_soon(each.conn.close)
        self._nursery.start_soon(self._watch, connection, muxer)
        await trio.lowlevel.checkpoint()

    async def _watch(self, connection: Connection, muxer: Yamux) -> None:
        try:
            await muxer.event_shutting_down.wait()
        finally:
            self._links.lost(connection)

    async def disconnected(self, network: INetwork, conn: INetConn) -> None:
        """Known already."""

    async def opened_stream(self, network: INetwork, stream: INetStream) -> None:
        """Of no interest."""

    async def closed_stream(self, network: INetwork, stream: INetStream) -> None:
        """Of no interest."""

    async def listen(self, network: INetwork, multiaddr: Multiaddr) -> None:
        """Of no interest."""

    async def listen_close(self, network: INetwork, multiaddr: Multiaddr) -> None:
        """Of no interest."""
