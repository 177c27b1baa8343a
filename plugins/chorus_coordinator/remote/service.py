"""The service `remote_logs`: output for peers that follow, and from peers for whoever follows here."""

import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from chorus_coordinator.remote.alone import AloneLogs
from chorus_coordinator.remote.logs import PeerLogs
from chorus_coordinator.remote.message import ANSWER_LIMIT, PROTOCOL, REQUEST_LIMIT
from chorus_coordinator.remote.serving import Server
from chorus_hooks.coordinator import Coordinator
from chorus_hooks.members import Members
from chorus_hooks.mesh import Mesh
from chorus_hooks.remote_log import RemoteLogs
from chorus_hooks.service import Capabilities, find
from chorus_hooks.wire.lines import Lines
from chorus_hooks.wire.reach import Reach

_log = logging.getLogger("chorus.coordinator.remote")


@asynccontextmanager
async def serve(capabilities: Capabilities) -> AsyncIterator[RemoteLogs]:
    """Over the mesh of this node; without one, no peer has a task."""
    mesh, rng = find(capabilities, Mesh), random.Random()  # noqa: S311 - it only spreads load
    if mesh is None:
        yield AloneLogs()
        return
    members = find(capabilities, Members)
    async with open_logs(capabilities.get(Coordinator), mesh, members, rng) as logs:
        yield logs


@asynccontextmanager
async def open_logs(
    coordinator: Coordinator, mesh: Mesh, members: Members | None, rng: random.Random
) -> AsyncIterator[PeerLogs]:
    """Tell peers what tasks of `coordinator` print, and follow theirs."""
    accuse = members.accuse if members is not None else _name
    lines = Lines(mesh, PROTOCOL, accuse=accuse, answer_limit=ANSWER_LIMIT)
    reach = Reach(mesh, members)
    async with trio.open_nursery() as nursery:
        await nursery.start(lines.run)
        lines.serve(Server(coordinator), limit=REQUEST_LIMIT)
        nursery.start_soon(reach.run)
        yield PeerLogs(lines, reach, accuse, rng)
        nursery.cancel_scope.cancel()


def _name(peer_id: str, why: str) -> None:
    _log.warning("%s broke the protocol: %s", peer_id, why)
