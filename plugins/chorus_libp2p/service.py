"""The mesh as a service: the sockets first, then libp2p, which takes its time to import."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import trio

from chorus_hooks.cluster import Cluster
from chorus_hooks.identity import Identity
from chorus_hooks.setting import Config
from chorus_libp2p.listening import listening
from chorus_libp2p.settings import DHT_ENABLED
from chorus_libp2p.traffic import TRAFFIC, Traffic

if TYPE_CHECKING:
    from chorus_libp2p.mesh import Libp2pMesh

PURPOSE = "libp2p psk"
"""What the key of the wire is derived for."""


@asynccontextmanager
async def open_mesh(
    identity: Identity, cluster: Cluster, config: Config, traffic: Traffic = TRAFFIC
) -> AsyncIterator["Libp2pMesh"]:
    """Listen and carry, until left. Raises ConfigError when it cannot listen as the settings say."""
    with listening(config) as sockets:
        # In a thread: it is more than a second, in which the rest of the node goes on.
        mesh = await trio.to_thread.run_sync(importlib.import_module, "chorus_libp2p.mesh")
        secret = cluster.key(PURPOSE).hex()
        async with mesh.running(
            identity, secret, sockets, dht=config[DHT_ENABLED], traffic=traffic
        ) as running:
            yield running
