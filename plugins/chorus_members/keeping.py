"""What goes on all the time: links are followed, candidates taken, rosters compared, addresses kept."""

import random
from collections.abc import Awaitable, Callable
from typing import Final

import trio

from chorus_hooks.discovery import Discovery
from chorus_hooks.errors import ChorusError
from chorus_hooks.mesh import Link, Mesh
from chorus_members.engine import Engine
from chorus_members.message import BadMessage, Rumour, batches
from chorus_members.sync import difference, portions

COMPARE_S: Final = 10.0
"""Between two comparisons with a neighbour, give or take a fifth."""
AGAIN_S: Final = 0.5
LATEST_S: Final = 8.0
"""Between two tries to follow a linked peer: the first and the longest pause."""


class Keeping:
    """The tasks of a node's membership."""

    def __init__(self, engine: Engine, mesh: Mesh, discovery: Discovery | None, rng: random.Random) -> None:
        self._engine = engine
        self._mesh = mesh
        self._discovery = discovery
        self._rng = rng

    def tasks(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        """Each runs until it is cancelled."""
        return self._links, self._compare, self._candidates, self._remember

    async def _links(self) -> None:
        """Follow every peer for as long as it is linked."""
        scopes: dict[str, trio.CancelScope] = {}
        async with trio.open_nursery() as nursery, self._mesh.links() as links:
            async for link in links:
                if (before := scopes.pop(link.peer_id, None)) is not None:
                    before.cancel()
                self._take(link)
                if link.up and self._engine.view.linked(link.peer_id):
                    scopes[link.peer_id] = scope = trio.CancelScope()
                    nursery.start_soon(self._keep, link.peer_id, scope)

    def _take(self, link: Link) -> None:
        view, now = self._engine.view, trio.current_time()
        if link.up:
            effects = view.link_up(link.peer_id, link.address, link.dialled, now)
        else:
            effects = view.link_down(link.peer_id, now)
        self._engine.perform(effects)
        # Links also change because this node is elsewhere: who is linked next shall know.
        self._engine.perform(view.move(self._mesh.addresses, now))

    async def _keep(self, peer_id: str, scope: trio.CancelScope) -> None:
        pause = AGAIN_S
        with scope:
            while True:
                try:
                    await self._follow(peer_id)
                except BadMessage as fault:
                    self._engine.accuse(peer_id, f"members: {fault}")
                except ChorusError:
                    pass  # what it means, a ping tells
                self._engine.perform(self._engine.view.broken(peer_id, trio.current_time()))
                await trio.sleep(pause * self._rng.uniform(0.5, 1.0))
                pause = min(2 * pause, LATEST_S)

    async def _follow(self, peer_id: str) -> None:
        async with self._engine.talk.follow(peer_id) as news:
            await self._sync(peer_id)
            async for rumours in news:
                self._engine.heard(peer_id)
                self._engine.hear(peer_id, rumours)

    async def _sync(self, peer_id: str) -> None:
        engine = self._engine
        there = await engine.talk.compare(peer_id, engine.view.roster.root())
        if not there:
            return
        more_there, more_here = difference(engine.view.roster, there)
        for names in portions(more_there):
            engine.hear(peer_id, await engine.talk.fetch(peer_id, names))
        told: list[Rumour] = [rumour for name in more_here if (rumour := engine.rumour(name))]
        for batch in batches(told):
            await engine.talk.tell(peer_id, batch)

    async def _compare(self) -> None:
        while True:
            await trio.sleep(COMPARE_S * self._rng.uniform(0.8, 1.2))
            engine = self._engine
            engine.perform(engine.view.move(self._mesh.addresses, trio.current_time()))
            links = engine.view.links
            if links:
                await self._compare_with(self._rng.choice(links))

    async def _compare_with(self, peer_id: str) -> None:
        try:
            await self._sync(peer_id)
        except BadMessage as fault:
            self._engine.accuse(peer_id, f"members: {fault}")
        except ChorusError:
            pass  # another one, next time

    async def _candidates(self) -> None:
        if self._discovery is None:
            return
        async with self._discovery.candidates() as candidates:
            async for candidate in candidates:
                engine = self._engine
                now = trio.current_time()
                engine.perform(engine.view.offer(candidate.address, candidate.peer_id, now))

    async def _remember(self) -> None:
        """Give the addresses that work to Discovery, for after a restart."""
        if self._discovery is None:
            return
        remembered: dict[str, tuple[str, ...]] = {}
        async with self._engine.watchers.watch() as members:
            async for member in members:
                if member.state != "alive":
                    continue
                addresses = self._engine.view.addresses(member.peer_id)
                if addresses and remembered.get(member.peer_id) != addresses:
                    remembered[member.peer_id] = addresses
                    await self._discovery.remember(member.peer_id, addresses)
