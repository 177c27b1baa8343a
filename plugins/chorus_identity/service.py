"""Identity and cluster as services: what is on disk is read, or made, when something first needs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from chorus_hooks.node import Node
from chorus_hooks.setting import Config
from chorus_identity import cluster_file, key_file
from chorus_identity.cluster import SecretCluster
from chorus_identity.key_pair import KeyPair

KEY_FILE = "identity.key"
CLUSTER_FILE = "cluster.secret"


@asynccontextmanager
async def serve(node: Node) -> AsyncIterator[KeyPair]:
    """Yield the identity of the state dir. Raises Refused when the key cannot be used or made."""
    path = node.state_dir / KEY_FILE
    yield KeyPair(await trio.to_thread.run_sync(key_file.load_or_create, path, node.scratch))


@asynccontextmanager
async def serve_cluster(node: Node, config: Config) -> AsyncIterator[SecretCluster]:
    """Yield the cluster of the state dir. Raises Refused when its secret cannot be used or made.

    ConfigError when the settings name two clusters.
    """
    path, wanted = node.state_dir / CLUSTER_FILE, cluster_file.wanted(config)
    yield SecretCluster(
        await trio.to_thread.run_sync(cluster_file.load_or_create, path, node.scratch, wanted)
    )
