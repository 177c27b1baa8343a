"""The service `replicas`: replication with the clock and the chance of this machine."""

import random
import time
from contextlib import AbstractAsyncContextManager

from chorus_hooks.identity import Identity
from chorus_hooks.journal import Journal
from chorus_hooks.members import Members
from chorus_hooks.mesh import Mesh
from chorus_hooks.service import Capabilities, find
from chorus_journal.replica.replicas import KeptReplicas, open_replicas


def start(capabilities: Capabilities, quota: int) -> AbstractAsyncContextManager[KeptReplicas]:
    """Copy journals over the mesh, when there is one."""
    return open_replicas(
        capabilities.get(Journal),
        capabilities.get(Identity),
        find(capabilities, Mesh),
        find(capabilities, Members),
        quota=quota,
        rng=random.Random(),  # noqa: S311 - it only spreads load
        unix_ms=lambda: time.time_ns() // 1_000_000,
    )
