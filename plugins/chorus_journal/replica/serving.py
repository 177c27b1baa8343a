"""The answering end of `/chorus/journal/1`."""

from functools import partial
from typing import Final

import msgspec
import trio

from chorus_hooks.errors import Unreachable
from chorus_hooks.journal import Journal
from chorus_hooks.wire.answering import Call
from chorus_hooks.wire.limit import CallLimit
from chorus_journal.checkpoint import parse_checkpoint
from chorus_journal.replica import shelf
from chorus_journal.replica.bell import Bell
from chorus_journal.replica.board import Board
from chorus_journal.replica.message import PAGE, Entries, Page, Prove, Watch, decode_ask

COALESCE_S: Final = 0.02
"""Seconds in which further changes of heads are told together."""
BEAT_S: Final = 10.0
"""Seconds after which one who watches is told that there is nothing new."""
PATIENCE_S: Final = 60.0
"""Seconds for one parcel to leave: a peer that reads more slowly keeps our memory."""
CALLS: Final = 8
"""Calls of one peer at once: each may hold a parcel."""


class Server:
    """Answers what other nodes ask about journals. `Lines.serve` takes an instance as its handler."""

    def __init__(self, journal: Journal, board: Board, bell: Bell) -> None:
        self._journal = journal
        self._board = board
        self._bell = bell
        self._calls = CallLimit(CALLS)

    async def __call__(self, call: Call) -> bytes | None:
        """Answer one call. Raises ChorusError for what cannot be answered."""
        ask = decode_ask(call.request)
        with self._calls.one_of(call.peer_id):
            if isinstance(ask, Entries):
                await self._entries(call, ask)
            elif isinstance(ask, Prove):
                job = partial(shelf.prove, origin=ask.origin, old=ask.old, new=ask.new)
                return msgspec.json.encode(await self._journal.read(job))
            elif isinstance(ask, Watch):
                await self._watch(call)
            else:
                await self._heads(call, since=0)
        return None

    async def _entries(self, call: Call, ask: Entries) -> None:
        start, target = ask.start, None
        while True:
            job = partial(shelf.pack, origin=ask.origin, start=start, target=target)
            parcel = await self._journal.read(job)
            if parcel is None:
                return
            target = target or parse_checkpoint(parcel.checkpoint)
            with trio.move_on_after(PATIENCE_S) as patience:
                await call.send(parcel.encode())
            if patience.cancelled_caught:
                raise Unreachable(f"nothing was read for {PATIENCE_S:g} s")
            start = parcel.end

    async def _watch(self, call: Call) -> None:
        told = 0
        while True:
            revision = self._board.revision  # before the heads are read: what changes meanwhile is told again
            await self._heads(call, since=told)
            told = revision
            await trio.sleep(COALESCE_S)
            with trio.move_on_after(BEAT_S) as beat:
                await self._bell.wait(told)
            if beat.cancelled_caught:
                await call.send(msgspec.json.encode(Page(())))

    async def _heads(self, call: Call, since: int) -> None:
        notes = [checkpoint.note for checkpoint in self._board.heads(since)]
        for start in range(0, len(notes), PAGE):
            await call.send(msgspec.json.encode(Page(tuple(notes[start : start + PAGE]))))
