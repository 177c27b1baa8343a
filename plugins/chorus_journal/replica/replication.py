"""All of it together: what runs while a node with a mesh does."""

import logging
import random
from collections.abc import Awaitable, Callable
from typing import Final

import trio

from chorus_hooks.errors import ChorusError
from chorus_hooks.identity import Identity
from chorus_hooks.journal import Journal
from chorus_hooks.members import Members
from chorus_hooks.mesh import Mesh
from chorus_hooks.wire.lines import Lines
from chorus_journal.replica.bell import Bell
from chorus_journal.replica.board import Board
from chorus_journal.replica.copying import Copier
from chorus_journal.replica.following import Follower
from chorus_journal.replica.gossip import Gossip
from chorus_journal.replica.judge import Judge
from chorus_journal.replica.message import ANSWER_LIMIT, PROTOCOL, REQUEST_LIMIT
from chorus_journal.replica.serving import COALESCE_S, Server

_log = logging.getLogger("chorus.journal.replica")

PAUSE_S: Final = 5.0
"""Seconds until a part is started again after the journal failed it."""


class Replication:
    """Copies the journals of peers, and gives them its own. `quota` bounds the copies, in bytes."""

    def __init__(
        self,
        journal: Journal,
        identity: Identity,
        board: Board,
        bell: Bell,
        mesh: Mesh,
        members: Members | None,
        *,
        quota: int,
        rng: random.Random,
        unix_ms: Callable[[], int],
    ) -> None:
        accuse = members.accuse if members is not None else _name
        self._journal = journal
        self._board = board
        self._bell = bell
        self._lines = Lines(mesh, PROTOCOL, accuse=accuse, answer_limit=ANSWER_LIMIT)
        self._server = Server(journal, board, bell)
        judge = Judge(journal, identity, board, bell)
        self._copier = Copier(journal, identity, board, bell, judge, self._lines, accuse=accuse, quota=quota)
        self._follower = Follower(mesh, self._lines, judge, board, bell, accuse=accuse, rng=rng)
        self._gossip = Gossip(mesh, judge, board, bell, unix_ms=unix_ms)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Until cancelled; started once peers are answered."""
        self._board.grow(await self._journal.checkpoint())
        async with trio.open_nursery() as nursery:
            await nursery.start(self._lines.run)
            self._lines.serve(self._server, limit=REQUEST_LIMIT)
            task_status.started()
            for part in (
                self._grow,
                self._copier.run,
                self._follower.run,
                self._follower.repair,
                self._gossip.tell,
                self._gossip.hear,
            ):
                nursery.start_soon(_keep, part)

    async def _grow(self) -> None:
        """Tell of the node's own journal, coalesced."""
        size = self._board.own.size if self._board.own else -1
        while True:
            own = await self._journal.grown(size)
            self._board.grow(own)
            self._bell.ring()
            size = own.size
            await trio.sleep(COALESCE_S)


async def _keep(part: Callable[[], Awaitable[None]]) -> None:
    """A disk that fails for a while does not end replication."""
    while True:
        try:
            await part()
        except ChorusError as error:
            _log.error("replication pauses: %s", error.message)
        await trio.sleep(PAUSE_S)


def _name(peer_id: str, why: str) -> None:
    _log.warning("%s broke the protocol: %s", peer_id, why)
