"""Fetching the entries of others' journals: several journals at once, each from one peer at a time."""

import logging
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Final

import msgspec
import trio

from chorus_hooks.errors import Busy, ChorusError, Full, Refused, Unreachable
from chorus_hooks.identity import Identity
from chorus_hooks.journal import Checkpoint, Journal
from chorus_hooks.quantity import format_size
from chorus_hooks.wire.lines import Lines
from chorus_journal.checkpoint import open_checkpoint
from chorus_journal.replica import store
from chorus_journal.replica.bell import Bell
from chorus_journal.replica.board import Board
from chorus_journal.replica.copied import BadParcel, Malformed, Unproven, add
from chorus_journal.replica.judge import Judge
from chorus_journal.replica.message import (
    BadMessage,
    Entries,
    Parcel,
    Prove,
    decode_parcel,
    decode_proved,
)
from chorus_journal.replica.statement import Statement

_log = logging.getLogger("chorus.journal.replica")

AT_ONCE: Final = 16
"""Journals that are fetched at once: each may hold a parcel, and the answer frames behind it."""
ANSWER_S: Final = 30.0
"""Seconds between two parcels after which a peer is given up."""
TURN_S: Final = 30.0
"""Seconds after which a journal makes room for others, and goes on later: a peer may be slow on purpose."""
NO_ROOM_S: Final = 10.0
"""Seconds until the next try when the disk is full, or the quota."""


class _NoRoom(Exception):  # noqa: N818 - reads as what it is
    """Nobody but this node is at fault."""

    def __init__(self, error: Refused) -> None:
        super().__init__(error.message)
        self.error = error


class Copier:
    """Brings here what peers say they have. `accuse` is told a peer and its fault."""

    def __init__(
        self,
        journal: Journal,
        identity: Identity,
        board: Board,
        bell: Bell,
        judge: Judge,
        lines: Lines,
        *,
        accuse: Callable[[str, str], None],
        quota: int,
    ) -> None:
        self._journal = journal
        self._identity = identity
        self._board = board
        self._bell = bell
        self._judge = judge
        self._lines = lines
        self._accuse = accuse
        self._quota = quota
        self._full = False

    async def run(self) -> None:
        """Fetch until cancelled."""
        free = trio.Semaphore(AT_ONCE)
        async with trio.open_nursery() as nursery:
            while True:
                await free.acquire()
                while (work := self._board.begin()) is None:
                    await self._bell.rung()
                nursery.start_soon(self._fetch, *work, free)

    async def _fetch(self, origin: str, peer_id: str, free: trio.Semaphore) -> None:
        size, failed = self._board.copied(origin).size, True
        try:
            with trio.move_on_after(TURN_S):
                await self._copy(origin, peer_id)
            failed = self._board.copied(origin).size == size  # it has nothing of what it showed
        except (BadMessage, BadParcel) as fault:
            self._accuse(peer_id, f"the journal {origin}: {fault}")
        except Malformed as fault:
            self._board.bar(origin)
            _log.error("the journal %s is none, and is not copied any further: %s", origin, fault)
        except _NoRoom as full:
            failed = False
            await self._no_room(full.error)
        except ChorusError as error:
            _log.info("%s does not give the journal %s: %s", peer_id, origin, error.message)
        finally:
            self._board.end(origin, peer_id, failed=failed)
            free.release()
            self._bell.ring()

    async def _copy(self, origin: str, peer_id: str) -> None:
        ask = msgspec.json.encode(Entries(origin, self._board.copied(origin).size))
        async with self._lines.answers(peer_id, ask) as answers:
            while (message := await _next(answers, peer_id)) is not None:
                parcel = decode_parcel(message)
                checkpoint = self._open(parcel)
                try:
                    await self._take(origin, parcel, checkpoint)
                except Unproven as doubt:
                    await self._settle(origin, peer_id, checkpoint, doubt)
                    return

    async def _take(self, origin: str, parcel: Parcel, checkpoint: Checkpoint) -> None:
        copied = self._board.copied(origin)
        if copied.forked:
            return
        added = add(copied, parcel, checkpoint, self._board.claims(origin))
        if self._board.length + added.copied.length - copied.length > self._quota:
            raise _NoRoom(
                Full(
                    f"the copies of other nodes' journals would take more than {format_size(self._quota)}",
                    hint="raise CHORUS_REPLICA_QUOTA",
                )
            )
        with trio.CancelScope(shield=True):  # what is committed must be on the board
            try:
                await self._journal.write(partial(store.write, before=copied, added=added))
            except Refused as error:
                raise _NoRoom(error) from error
            self._full = False
            self._board.advance(added.copied)
            self._bell.ring()

    async def _settle(self, origin: str, peer_id: str, checkpoint: Checkpoint, doubt: Unproven) -> None:
        """Who is at fault: the node, if the peer can prove that it signed another history; else the peer."""
        ask = msgspec.json.encode(Prove(origin, doubt.mine.size, checkpoint.size))
        try:
            proved = decode_proved(await self._lines.ask(peer_id, ask, within=ANSWER_S))
        except (Unreachable, Busy):
            raise
        except ChorusError as error:
            raise BadParcel(f"{doubt}, and it has no proof ({error.message})") from error
        theirs = Statement(checkpoint.note, doubt.mine.size, proved.root, proved.proof)
        if not await self._judge.convict(origin, doubt.mine, theirs):
            raise BadParcel(f"{doubt}")

    def _open(self, parcel: Parcel) -> Checkpoint:
        try:
            return open_checkpoint(parcel.checkpoint, self._identity)
        except ValueError as error:
            raise BadMessage(f"a parcel without a checkpoint: {error}") from None

    async def _no_room(self, error: Refused) -> None:
        if not self._full:
            self._full = True
            _log.error("cannot copy other nodes' journals: %s", error.message, extra={"hint": error.hint})
        await trio.sleep(NO_ROOM_S)


async def _next(answers: AsyncIterator[bytes], peer_id: str) -> bytes | None:
    with trio.move_on_after(ANSWER_S):
        return await anext(answers, None)
    raise Unreachable(f"{peer_id} sends nothing for {ANSWER_S:g} s")
