"""The provider of `Replicas`."""

import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import trio

from chorus_hooks.identity import Identity
from chorus_hooks.journal import Journal
from chorus_hooks.members import Members
from chorus_hooks.mesh import Mesh
from chorus_hooks.replica import Replica
from chorus_journal.replica import store
from chorus_journal.replica.bell import Bell
from chorus_journal.replica.board import Board
from chorus_journal.replica.replication import Replication
from chorus_journal.replica.schema import OWNER, STEPS


class KeptReplicas:
    """What is here, as the board says."""

    def __init__(self, board: Board, bell: Bell) -> None:
        self._board = board
        self._bell = bell

    def all(self) -> tuple[Replica, ...]:
        """Every journal that is known, by origin."""
        return self._board.all()

    @asynccontextmanager
    async def arrivals(self) -> AsyncIterator[AsyncIterator[Mapping[str, int]]]:
        """How many entries are here, by origin: now, and whenever more have come."""
        sizes = self._sizes()
        try:
            yield sizes
        finally:
            await sizes.aclose()

    async def _sizes(self) -> AsyncGenerator[Mapping[str, int], None]:
        revision, told = -1, None
        while True:
            revision = await self._bell.wait(revision)
            sizes = dict(self._board.sizes())
            if sizes != told:
                told = sizes
                yield dict(sizes)


@asynccontextmanager
async def open_replicas(
    journal: Journal,
    identity: Identity,
    mesh: Mesh | None,
    members: Members | None,
    *,
    quota: int,
    rng: random.Random,
    unix_ms: Callable[[], int],
) -> AsyncIterator[KeptReplicas]:
    """The copies of a node; without a mesh they stay as they are.

    `quota` is in bytes of entries; `rng` and `unix_ms` (milliseconds since the epoch) may be simulated.
    """
    await journal.migrate(OWNER, STEPS)
    board = Board()
    bell = Bell(board)
    for copied in await journal.read(store.read_all):
        board.load(copied)
    replicas = KeptReplicas(board, bell)
    if mesh is None:
        yield replicas
        return
    replication = Replication(
        journal, identity, board, bell, mesh, members, quota=quota, rng=rng, unix_ms=unix_ms
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(replication.run)
        yield replicas
        nursery.cancel_scope.cancel()
