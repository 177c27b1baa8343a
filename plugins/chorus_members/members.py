"""The members of the mesh: everything of this plugin put together, for as long as a node lives."""

import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

import trio

from chorus_hooks.cluster import Cluster
from chorus_hooks.discovery import Discovery
from chorus_hooks.errors import ChorusError, Unreachable
from chorus_hooks.event import Events
from chorus_hooks.identity import Identity
from chorus_hooks.members import Member
from chorus_hooks.mesh import Mesh
from chorus_members.counts import Counts
from chorus_members.desk import RATE, Desk
from chorus_members.engine import Engine
from chorus_members.keeping import Keeping
from chorus_members.message import rumour_of
from chorus_members.own import Description, Own

GOODBYE_S: Final = 0.5
"""To tell all neighbours that this node goes; who does not hear it in that time notices anyway."""

_log = logging.getLogger("chorus.members")


class MeshMembers:
    """Implements `chorus_hooks.members.Members`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> tuple[Member, ...]:
        """Everybody known."""
        return self._engine.members()

    def find(self, peer_id: str) -> Member | None:
        """One of them."""
        entry = self._engine.view.roster.get(peer_id)
        return self._engine.member(entry) if entry is not None and peer_id != self._engine.view.me else None

    def watch(self) -> AbstractAsyncContextManager[AsyncIterator[Member]]:
        """Everybody, then each change."""
        return self._engine.watchers.watch()

    def accuse(self, peer_id: str, why: str) -> None:
        """Keep it out for a while."""
        self._engine.accuse(peer_id, why)


@asynccontextmanager
async def open_members(
    mesh: Mesh,
    identity: Identity,
    cluster: Cluster,
    events: Events,
    discovery: Discovery | None,
    description: Description,
    *,
    counts: Counts,
    rng: random.Random,
    unix: Callable[[], float],
) -> AsyncIterator[MeshMembers]:
    """Join the mesh, stay in it, and say so when this ends."""
    own = Own(description, mesh.addresses, int(1000 * unix()), identity.sign)
    engine = Engine(mesh, identity, events, own, counts=counts, rng=rng, unix=unix)
    engine.lines.serve(Desk(engine).answer, rate=RATE)
    keeping = Keeping(engine, mesh, discovery, rng)
    async with trio.open_nursery() as nursery:
        await nursery.start(engine.lines.run)
        await nursery.start(engine.run)
        for address in cluster.introducers:
            engine.perform(engine.view.offer(address, None, trio.current_time()))
        for task in keeping.tasks():
            nursery.start_soon(task)
        yield MeshMembers(engine)
        await _say_goodbye(engine)
        nursery.cancel_scope.cancel()


async def _say_goodbye(engine: Engine) -> None:
    last = rumour_of(engine.view.leave(trio.current_time()), 0.0)

    async def tell(peer_id: str) -> None:
        try:
            await engine.talk.tell(peer_id, (last,), within=GOODBYE_S)
        except Unreachable:
            _log.debug("%s did not hear that this node goes", peer_id)
        except ChorusError as error:
            _log.debug("%s: %s", peer_id, error.message)

    async with trio.open_nursery() as nursery:
        for peer_id in engine.view.links:
            nursery.start_soon(tell, peer_id)
