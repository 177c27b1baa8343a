"""Bringing the bytes of one blob from several holders at once into a file."""

import logging
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from typing import Final

import msgspec
import trio

from chorus_hooks.blob import Blob
from chorus_hooks.errors import ChorusError, Refused, Unreachable
from chorus_hooks.wire.lines import Lines
from chorus_journal.blob_partial import Partial
from chorus_journal.exchange.message import BadMessage, Read
from chorus_journal.exchange.plan import Plan, Range
from chorus_journal.exchange.traffic import Traffic

_log = logging.getLogger("chorus.journal.exchange")

SILENCE_S: Final = 10.0
"""A holder that sends nothing for so long is given up."""
TURN_S: Final = 30.0
"""For one range: a holder that is slower than that gives the rest of it back, so that others may have it."""
REST_S: Final = 1.0
"""Until it may have another one."""
BATCH: Final = 512 << 10
"""Bytes of one holder that wait for the disk."""


class Download:
    """Fills `into`. `accuse` is told of a holder that breaks the protocol."""

    def __init__(
        self, blob: Blob, into: Partial, lines: Lines, traffic: Traffic, accuse: Callable[[str, str], None]
    ) -> None:
        self._sha256 = blob.sha256
        self._into = into
        self._plan = Plan(into.spans.gaps(blob.size))
        self._lines = lines
        self._traffic = traffic
        self._accuse = accuse
        self._news = trio.lowlevel.ParkingLot()
        self._full: Refused | None = None
        self.givers: set[str] = set()
        """Who gave any of it."""

    async def run(self, holders: Iterable[str]) -> None:
        """Until it is whole, or no holder is left. Raises Refused when the disk is full."""
        async with trio.open_nursery() as nursery:
            for holder in holders:
                nursery.start_soon(self._take_from, holder)
        if self._full is not None:
            raise self._full

    async def _take_from(self, holder: str) -> None:
        while not self._plan.done and self._full is None:
            given = self._plan.give(holder)
            if given is None:
                await self._news.park()
                continue
            try:
                with trio.move_on_after(TURN_S) as turn:
                    await self._bring(holder, given)
            except ChorusError as error:
                _log.info("%s does not go on with blob %s: %s", holder, self._sha256[:12], error.message)
                return
            except BadMessage as fault:
                self._accuse(holder, str(fault))
                return
            finally:
                self._plan.end(holder)
                self._news.unpark_all()
            if turn.cancelled_caught:
                await trio.sleep(REST_S)

    async def _bring(self, holder: str, given: Range) -> None:
        ask = msgspec.json.encode(Read(self._sha256, given.at, given.left))
        batch = bytearray()
        try:
            async with self._lines.answers(holder, ask) as pieces:
                while len(batch) < given.left:
                    piece = await _next(pieces, holder)
                    if not piece:
                        raise BadMessage(f"less of blob {self._sha256[:12]} than it said")
                    self._traffic.taken += len(piece)
                    batch += piece
                    if len(batch) >= BATCH:
                        await self._store(holder, given, batch)
        finally:
            await self._store(holder, given, batch)

    async def _store(self, holder: str, given: Range, batch: bytearray) -> None:
        data = bytes(batch[: given.left])
        batch.clear()
        if not data:
            return
        self.givers.add(holder)
        at, given.at = given.at, given.at + len(data)  # nobody takes over what is being written
        try:
            with trio.CancelScope(shield=True):  # the thread goes on in any case
                await trio.to_thread.run_sync(partial(self._into.write, at, data))
        except Refused as error:
            self._full = error
            raise


async def _next(pieces: AsyncIterator[bytes], holder: str) -> bytes:
    with trio.move_on_after(SILENCE_S):
        return await anext(pieces, b"")
    raise Unreachable(f"{holder} sends nothing for {SILENCE_S:g} s")
