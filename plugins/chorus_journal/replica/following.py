"""Hearing from every linked peer how its journals grow."""

import logging
import random
from collections.abc import Callable
from typing import Final

import msgspec
import trio

from chorus_hooks.errors import ChorusError
from chorus_hooks.mesh import Mesh
from chorus_hooks.wire.lines import Lines
from chorus_hooks.wire.rate import Rate
from chorus_journal.replica.bell import Bell
from chorus_journal.replica.board import Board
from chorus_journal.replica.judge import Judge
from chorus_journal.replica.message import BadMessage, Heads, Watch, decode_page
from chorus_journal.replica.serving import BEAT_S

_log = logging.getLogger("chorus.journal.replica")

SILENCE_S: Final = 3 * BEAT_S
"""A peer that is watched says something more often."""
AGAIN_S: Final = 1.0
"""Seconds until a linked peer is watched again after that broke, and up to half more."""
REPAIR_S: Final = 10.0
"""Seconds between two looks at all heads of a random peer, a quarter less or more."""
RATE: Final = 500.0
"""Heads a second that are read from one peer: each costs a signature to check."""
BURST: Final = 5000.0


class Follower:
    """Watches all peers that are linked, and asks one of them for everything now and then."""

    def __init__(
        self,
        mesh: Mesh,
        lines: Lines,
        judge: Judge,
        board: Board,
        bell: Bell,
        *,
        accuse: Callable[[str, str], None],
        rng: random.Random,
    ) -> None:
        self._mesh = mesh
        self._lines = lines
        self._judge = judge
        self._board = board
        self._bell = bell
        self._accuse = accuse
        self._random = rng
        self._linked: dict[str, trio.CancelScope] = {}

    def linked(self, peer_id: str) -> bool:
        """Whether the peer can be asked."""
        return peer_id in self._linked

    async def run(self) -> None:
        """Follow links until cancelled."""
        self._linked.clear()
        async with trio.open_nursery() as nursery, self._mesh.links() as links:
            async for link in links:
                if link.up and link.peer_id not in self._linked:
                    scope = self._linked[link.peer_id] = trio.CancelScope()
                    nursery.start_soon(self._follow, link.peer_id, scope)
                elif not link.up and link.peer_id in self._linked:
                    self._linked.pop(link.peer_id).cancel()
                    self._board.gone(link.peer_id)

    async def repair(self) -> None:
        """What was lost on the way is found here, until cancelled."""
        while True:
            await trio.sleep(REPAIR_S * self._random.uniform(0.75, 1.25))
            if self._linked:
                peer_id = self._random.choice(list(self._linked))
                with trio.move_on_after(SILENCE_S):
                    await self._listen(peer_id, msgspec.json.encode(Heads()))

    async def _follow(self, peer_id: str, scope: trio.CancelScope) -> None:
        with scope:
            while True:
                await self._listen(peer_id, msgspec.json.encode(Watch()))
                await trio.sleep(AGAIN_S * self._random.uniform(1, 1.5))

    async def _listen(self, peer_id: str, ask: bytes) -> None:
        """Hear what a peer answers, until it ends or breaks."""
        rate = Rate(RATE, burst=BURST)
        try:
            async with self._lines.answers(peer_id, ask) as pages:
                with trio.move_on_after(SILENCE_S) as silence:
                    async for message in pages:
                        silence.deadline = trio.current_time() + SILENCE_S
                        for note in decode_page(message).heads:
                            await trio.sleep(rate.take(trio.current_time()))
                            silence.deadline = trio.current_time() + SILENCE_S
                            await self._judge.hear(note, peer_id if self.linked(peer_id) else None)
        except BadMessage as fault:
            self._accuse(peer_id, str(fault))
        except ChorusError as error:
            _log.debug("%s does not say how its journals grow: %s", peer_id, error.message)
