"""Hints on the topic `chorus/heads/v1`: each node tells how far its own journal goes."""

import logging
from collections.abc import Callable
from typing import Final

import trio

from chorus_hooks.errors import ChorusError
from chorus_hooks.mesh import Mesh, Message
from chorus_hooks.wire.envelope import BadEnvelope, Envelope, Newest, decode
from chorus_hooks.wire.rate import Rate
from chorus_journal.checkpoint import origin_peer, parse_checkpoint
from chorus_journal.replica.bell import Bell
from chorus_journal.replica.board import Board
from chorus_journal.replica.judge import Judge
from chorus_journal.replica.message import TOPIC, BadMessage

_log = logging.getLogger("chorus.journal.replica")

TYPE: Final = "journal.grown"
PAUSE_S: Final = 1.0
"""Seconds between two hints: streams tell linked peers at once."""
RATE: Final = 50.0
"""Hints a second that are looked at; the topic's queue drops what is too much."""


class Gossip:
    """Tells of the own journal, hears of others'. `unix_ms` is the time of day."""

    def __init__(
        self, mesh: Mesh, judge: Judge, board: Board, bell: Bell, *, unix_ms: Callable[[], int]
    ) -> None:
        self._mesh = mesh
        self._judge = judge
        self._board = board
        self._bell = bell
        self._unix_ms = unix_ms
        self._seq = 0

    async def tell(self) -> None:
        """Publish each growth, coalesced, until cancelled."""
        told, revision = None, -1
        while True:
            revision = await self._bell.wait(revision)
            own = self._board.own
            if own is None or own == told:
                continue
            await self._mesh.topics.publish(TOPIC, self._envelope(own.note))
            told = own
            await trio.sleep(PAUSE_S)

    async def hear(self) -> None:
        """Take what others publish, until cancelled."""
        newest, rate = Newest(), Rate(RATE, burst=4 * RATE)
        async with self._mesh.topics.subscribe(TOPIC) as messages:
            async for message in messages:
                await trio.sleep(rate.take(trio.current_time()))
                try:
                    await self._hear(message, newest)
                except (BadEnvelope, BadMessage, ValueError) as fault:
                    _log.warning("%s published what is no hint: %s", message.sender, fault)
                except ChorusError as error:
                    _log.warning("a hint is lost: %s", error.message)

    async def _hear(self, message: Message, newest: Newest) -> None:
        envelope = decode(message.data, message.sender)
        head = envelope.data.get("head")
        if envelope.type != TYPE or not newest.admits(envelope):
            return
        if not isinstance(head, str) or origin_peer(parse_checkpoint(head).origin) != message.sender:
            raise BadMessage("it is not about the sender's own journal")
        await self._judge.hear(head, None)

    def _envelope(self, note: str) -> bytes:
        now = self._unix_ms()
        self._seq = max(self._seq + 1, now)
        return Envelope(TYPE, self._mesh.peer_id, self._seq, now, {"head": note}).encode()
