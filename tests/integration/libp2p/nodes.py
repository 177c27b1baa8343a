"""Meshes over libp2p in this process, on loopback."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chorus_hooks.identity import Identity
from chorus_hooks.mesh import Mesh
from chorus_identity.key_pair import KeyPair
from chorus_libp2p.listening import Listening
from chorus_libp2p.mesh import Libp2pMesh, running
from chorus_libp2p.traffic import Traffic

SECRET = "5e" * 32  # of these tests
WITHIN_S = 20.0


def identity() -> Identity:
    return KeyPair(Ed25519PrivateKey.generate())


@asynccontextmanager
async def mesh(
    who: Identity | None = None, *, secret: str = SECRET, dht: bool = True, traffic: Traffic | None = None
) -> AsyncIterator[Libp2pMesh]:
    """One that listens on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.setblocking(False)
        listening = Listening((made,), (f"/ip4/127.0.0.1/tcp/{made.getsockname()[1]}",))
        async with running(
            who or identity(), secret, listening, dht=dht, traffic=traffic or Traffic()
        ) as started:
            yield started


def port_of(one: Mesh) -> int:
    return int(one.addresses[0].split("/")[4])


async def until(holds: Callable[[], object], within: float = WITHIN_S) -> None:
    """Poll until something holds."""
    with trio.fail_after(within):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await trio.sleep(0.01)
