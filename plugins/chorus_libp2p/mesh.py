"""The provider of `Mesh`: a libp2p host with everything on it, from start to stop."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Final

import trio
from libp2p.abc import INetStream
from libp2p.custom_types import TProtocol
from libp2p.host.basic_host import BasicHost
from libp2p.network.stream.net_stream import NetStream
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.tools.anyio_service import background_trio_service

from chorus_hooks.address import parse_address
from chorus_hooks.errors import Unreachable
from chorus_hooks.identity import Identity
from chorus_hooks.mesh import Link, Stream
from chorus_libp2p.accepting import Acceptor
from chorus_libp2p.dialling import Dialler
from chorus_libp2p.gossip import SafePubsub, make_router, trim
from chorus_libp2p.host import make_host
from chorus_libp2p.links import Arrivals, Connection, Links
from chorus_libp2p.listening import Listening
from chorus_libp2p.records import DhtRecords, NoRecords
from chorus_libp2p.stream import KeptStream
from chorus_libp2p.topics import GossipTopics
from chorus_libp2p.traffic import Traffic
from chorus_libp2p.tuning import tune
from chorus_libp2p.whereabouts import Whereabouts

GOODBYE_S: Final = 0.6
"""To tell all peers that this node goes; they would notice it anyway."""

_log = logging.getLogger("chorus.libp2p")

Handler = Callable[[Stream], Awaitable[None]]


class Libp2pMesh:
    """A `chorus_hooks.mesh.Mesh`; `running` makes one."""

    def __init__(
        self,
        host: BasicHost,
        swarm: Swarm,
        dialler: Dialler,
        acceptor: Acceptor,
        links: Links,
        topics: GossipTopics,
        records: DhtRecords | NoRecords,
        nursery: trio.Nursery,
        traffic: Traffic,
    ) -> None:
        self.topics = topics
        self.records = records
        self._host = host
        self._swarm = swarm
        self._dialler = dialler
        self._acceptor = acceptor
        self._links = links
        self._nursery = nursery
        self._traffic = traffic
        self._handlers: set[str] = set()
        self._own = str(host.get_id())

    @property
    def peer_id(self) -> str:
        """Our own."""
        return self._own

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where others can dial us."""
        return tuple(str(address) for address in self._host.get_addrs())

    async def dial(self, address: str) -> str:
        """Connect to a multiaddr."""
        wanted = parse_address(address)
        await trio.lowlevel.checkpoint()
        if wanted.peer_id is not None and wanted.peer_id in self._links:
            return wanted.peer_id
        return await self._dialler.dial(wanted)

    async def hang_up(self, peer_id: str) -> None:
        """Close every connection to a peer; libp2p takes its time, but the link is gone now."""
        await trio.lowlevel.checkpoint()
        for connection in self._part(peer_id):
            self._nursery.start_soon(connection.conn.close)

    def links(self) -> AbstractAsyncContextManager[AsyncIterator[Link]]:
        """What is up, then every change."""
        return self._links.watch()

    async def open(self, peer_id: str, protocol: str) -> KeptStream:
        """A new stream to a linked peer."""
        await trio.lowlevel.checkpoint()
        if peer_id not in self._links:
            raise Unreachable(f"{peer_id} is not linked")
        try:
            stream = await self._host.new_stream(ID.from_string(peer_id), [TProtocol(protocol)])
        except Exception as error:
            raise Unreachable(f"{peer_id} takes no stream for {protocol}") from error
        return self._kept(stream, protocol, "out")

    def serve(self, protocol: str, handler: Handler) -> None:
        """Take the streams of a protocol."""
        if protocol in self._handlers:
            raise RuntimeError(f"{protocol} has a handler already")
        self._handlers.add(protocol)

        async def take(stream: INetStream) -> None:
            kept = self._kept(stream, protocol, "in")
            try:
                await handler(kept)
            except Unreachable as error:
                _log.debug("%s: %s", protocol, error.message)  # the peer left
            except Exception:
                _log.exception("a handler of %s failed", protocol, extra={"peer_id": kept.peer_id})
            finally:
                kept.close()

        self._host.set_stream_handler(TProtocol(protocol), take)

    async def say_goodbye(self) -> None:
        """Take no new connections, and close all at once, not one after the other as libp2p would."""
        self._acceptor.stop()
        with trio.move_on_after(GOODBYE_S):
            async with trio.open_nursery() as nursery:
                for connection in self._part(*self._links.peers()):
                    nursery.start_soon(connection.conn.close)

    def _part(self, *peer_ids: str) -> list[Connection]:
        connections = [each for peer_id in peer_ids for each in self._links.of(peer_id)]
        for connection in connections:
            self._links.lost(connection)
        return connections

    def _kept(self, stream: INetStream, protocol: str, direction: str) -> KeptStream:
        if not isinstance(stream, NetStream):
            raise TypeError(f"a stream of the unknown kind {type(stream).__name__}")
        self._traffic.streams[protocol, "in" if direction == "in" else "out"] += 1
        return KeptStream(stream, protocol, self._nursery, self._traffic)


@asynccontextmanager
async def running(
    identity: Identity, secret: str, listening: Listening, *, dht: bool, traffic: Traffic
) -> AsyncIterator[Libp2pMesh]:
    """A mesh that listens, until it is left. `secret` is the key of the wire, 64 hex digits."""
    tune()
    stopping = False
    try:
        async with trio.open_nursery() as nursery:
            async with AsyncExitStack() as stack:
                mesh = await _start(stack, nursery, identity, secret, listening, dht, traffic)
                yield mesh
                stopping = True
                await mesh.say_goodbye()
            nursery.cancel_scope.cancel()
    except* RuntimeError as group:
        # Messages that come while gossip stops find its nursery closed; libp2p lets that through.
        if not stopping or any("closed to new arrivals" not in str(error) for error in _leaves(group)):
            raise
    finally:
        traffic.links, traffic.queues = int, dict


async def _start(
    stack: AsyncExitStack,
    nursery: trio.Nursery,
    identity: Identity,
    secret: str,
    listening: Listening,
    dht: bool,
    traffic: Traffic,
) -> Libp2pMesh:
    whereabouts = Whereabouts(listening)
    host = make_host(identity, secret, lambda: whereabouts.addresses, traffic)
    swarm = host.get_network()
    if not isinstance(swarm, Swarm):
        raise TypeError("not our own swarm")
    links = Links()
    swarm.register_notifee(Arrivals(links, nursery))
    router = make_router()
    pubsub = SafePubsub(host, router)
    records = DhtRecords(host, links) if dht else NoRecords()
    await stack.enter_async_context(host.run([]))
    await stack.enter_async_context(background_trio_service(pubsub))
    await stack.enter_async_context(background_trio_service(router))
    if isinstance(records, DhtRecords):
        await stack.enter_async_context(background_trio_service(records.dht))
        nursery.start_soon(records.follow)
    await pubsub.wait_until_ready()
    nursery.start_soon(trim, router)
    topics = GossipTopics(pubsub, nursery, traffic)
    traffic.links, traffic.queues = links.__len__, topics.waiting
    dialler = Dialler(host, swarm, secret, nursery, traffic, whereabouts)
    acceptor = Acceptor(swarm, nursery, traffic, whereabouts)
    nursery.start_soon(whereabouts.follow)
    for made in listening.sockets:
        nursery.start_soon(acceptor.run, made)
    return Libp2pMesh(host, swarm, dialler, acceptor, links, topics, records, nursery, traffic)


def _leaves(group: BaseExceptionGroup[RuntimeError]) -> list[BaseException]:
    return [
        leaf
        for error in group.exceptions
        for leaf in (_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    ]
