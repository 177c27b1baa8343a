"""The members as a service of a node."""

import random
import time
from contextlib import AbstractAsyncContextManager

from chorus_hooks.cluster import Cluster
from chorus_hooks.discovery import Discovery
from chorus_hooks.event import Events
from chorus_hooks.identity import Identity
from chorus_hooks.mesh import Mesh
from chorus_hooks.node import Node, agent_id
from chorus_hooks.service import Capabilities, find
from chorus_hooks.setting import Config
from chorus_members.counts import Counts
from chorus_members.members import MeshMembers, open_members
from chorus_members.own import Description
from chorus_members.settings import CAPABILITIES


def serve(capabilities: Capabilities, config: Config) -> AbstractAsyncContextManager[MeshMembers]:
    """Join the mesh for as long as the node lives."""
    identity, node, cluster = capabilities.get(Identity), capabilities.get(Node), capabilities.get(Cluster)
    description = Description(
        cluster=cluster.tag,
        peer_id=identity.peer_id,
        boot=node.boot,
        agent_id=agent_id(config, identity.peer_id),
        kind="agent",
        version=node.version,
        capabilities=config[CAPABILITIES],
    )
    return open_members(
        capabilities.get(Mesh),
        identity,
        cluster,
        capabilities.get(Events),
        find(capabilities, Discovery),
        description,
        counts=capabilities.get(Counts),
        rng=random.Random(),  # noqa: S311 - it spreads pauses, and keeps no secret
        unix=time.time,
    )
