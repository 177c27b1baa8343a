"""A peer that knows the secret, or not, and then does what no libp2p would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio
from libp2p.abc import ISecureConn
from libp2p.network.connection.raw_connection import RawConnection

from chorus_hooks.mesh import Mesh
from chorus_libp2p.host import make_host
from chorus_libp2p.protection import protected
from chorus_libp2p.traffic import Traffic
from chorus_libp2p.wire import Wire
from tests.integration.libp2p.nodes import SECRET, identity, port_of


@asynccontextmanager
async def tcp(target: Mesh) -> AsyncIterator[trio.SocketStream]:
    async with await trio.open_tcp_stream("127.0.0.1", port_of(target)) as stream:
        yield stream


@asynccontextmanager
async def insider(target: Mesh) -> AsyncIterator[ISecureConn]:
    """A connection that has said it speaks yamux, to say anything on."""
    host = make_host(identity(), SECRET, tuple, Traffic())
    upgrader: Any = host.get_network().upgrader  # type: ignore[attr-defined]
    async with trio.open_nursery() as nursery:
        wire = Wire(await trio.open_tcp_stream("127.0.0.1", port_of(target)), Traffic())
        nursery.start_soon(wire.run)
        raw = protected(RawConnection(wire, True), SECRET)
        secured: ISecureConn = await upgrader.security_multistream.secure_outbound(raw, None)
        await upgrader.upgrade_connection(secured, secured.get_remote_peer())
        yield secured
        wire.abort()
