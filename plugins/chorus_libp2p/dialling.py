"""Connecting to one address, step by step, so that each way to fail has its own words."""

from typing import Any, Final

import trio
from libp2p.host.basic_host import BasicHost
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID

from chorus_hooks.address import Address
from chorus_hooks.errors import Unreachable
from chorus_libp2p.host import HANDSHAKE_S
from chorus_libp2p.protection import protected
from chorus_libp2p.traffic import Traffic
from chorus_libp2p.whereabouts import Whereabouts
from chorus_libp2p.wire import Wire

CONNECT_S: Final = 5.0
"""For the name and TCP."""


class Dialler:
    """libp2p's own way sleeps a quarter of a second, tries one address of those it remembers, repeats what
    failed, and then refuses the peer for a minute. With a wrong secret it never returns.
    """

    def __init__(
        self,
        host: BasicHost,
        swarm: Swarm,
        secret: str,
        nursery: trio.Nursery,
        traffic: Traffic,
        whereabouts: Whereabouts,
    ):
        self._own = str(host.get_id())
        self._swarm = swarm
        self._secret = secret
        self._nursery = nursery
        self._traffic = traffic
        self._whereabouts = whereabouts

    async def dial(self, address: Address) -> str:
        """The peer that was reached. Raises Unreachable."""
        if self._whereabouts.include(address):
            self._check(address, self._own)
            return self._own
        stream = await self._connect(address)
        try:
            wire = Wire(stream, self._traffic)
        except OSError:
            await trio.aclose_forcefully(stream)
            raise Unreachable(f"{address} closed the connection at once") from None
        self._whereabouts.add(wire)
        self._nursery.start_soon(wire.run)
        reached: str | None = None
        try:
            with trio.move_on_after(HANDSHAKE_S):
                reached = await self._shake_hands(address, wire)
        except Unreachable:
            raise
        except Exception as error:
            raise self._stranger(address) from error
        finally:
            if reached is None:
                wire.abort()
        if reached is None:
            raise self._stranger(address)
        return reached

    async def _connect(self, address: Address) -> trio.SocketStream:
        with trio.move_on_after(CONNECT_S):
            try:
                return await trio.open_tcp_stream(address.host, address.port)
            except OSError as error:
                why = error.strerror or "nobody listens there"
                raise Unreachable(f"{address} does not answer: {why}") from None
        raise Unreachable(f"{address} does not answer within {CONNECT_S:g} s")

    async def _shake_hands(self, address: Address, wire: Wire) -> str:
        anybody: Any = None  # Noise takes it, unlike the signature of the layer above
        raw = protected(RawConnection(wire, True), self._secret)
        secured = await self._swarm.upgrader.security_multistream.secure_outbound(raw, anybody)
        peer: ID = secured.get_remote_peer()
        if str(peer) == self._own:
            raise Unreachable(f"{address} is this node itself")
        self._check(address, str(peer))
        muxed = await self._swarm.upgrader.upgrade_connection(secured, peer)
        await self._swarm.add_conn(muxed, "outbound")
        return str(peer)

    def _check(self, address: Address, peer_id: str) -> None:
        if address.peer_id not in (None, peer_id):
            raise Unreachable(f"{address} is another peer: {peer_id}")

    def _stranger(self, address: Address) -> Unreachable:
        return Unreachable(
            f"{address} does not understand this node",
            hint="it may belong to another cluster: compare CHORUS_CLUSTER_SECRET",
        )
