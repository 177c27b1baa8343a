"""What comes of a checkpoint that a peer shows: news, a fork, or a node that learns it was restored."""

import logging
from dataclasses import replace
from functools import partial

from chorus_hooks.identity import Identity
from chorus_hooks.journal import Checkpoint, Journal
from chorus_journal.checkpoint import open_checkpoint, parse_checkpoint
from chorus_journal.overtaken import mark_overtaken
from chorus_journal.replica import shelf, store
from chorus_journal.replica.bell import Bell
from chorus_journal.replica.board import Board, Heard
from chorus_journal.replica.message import BadMessage
from chorus_journal.replica.statement import Statement, contradict, state

_log = logging.getLogger("chorus.journal.replica")


class Judge:
    """Hears checkpoints. Who only hands one on is never at fault for what its node signed."""

    def __init__(self, journal: Journal, identity: Identity, board: Board, bell: Bell) -> None:
        self._journal = journal
        self._identity = identity
        self._board = board
        self._bell = bell
        self._overtaken = False

    async def hear(self, note: str, peer_id: str | None) -> None:
        """Take the newest checkpoint of a journal that `peer_id` has whole; None when it cannot be asked.

        Raises BadMessage when it is none, or not signed by the node that it names.
        """
        checkpoint = self._open(note)
        if self._board.own is not None and checkpoint.origin == self._board.own.origin:
            await self._hear_own(checkpoint)
            return
        heard = self._board.hear(checkpoint, peer_id)
        self._bell.ring()
        if heard is Heard.CHECK:
            await self._compare(checkpoint)
        elif heard is Heard.FORKED:
            claim = self._board.claim(checkpoint.origin, checkpoint.size)
            if claim is not None:
                await self.convict(checkpoint.origin, state(claim), state(checkpoint))

    async def convict(self, origin: str, mine: Statement, theirs: Statement) -> bool:
        """Whether its node signed both and they contradict: then they are kept, and it takes no entries."""
        if not contradict(mine, theirs, self._identity):
            return False
        copied = self._board.copied(origin)
        if not copied.forked:
            await self._journal.write(partial(store.write_fork, copied=copied, first=mine, second=theirs))
            self._board.load(replace(self._board.copied(origin), forked=True))
            self._bell.ring()
            _log.error(
                "the node of the journal %s signed two histories; its journal is quarantined at entry %d",
                origin,
                copied.size,
            )
        return True

    def _open(self, note: str) -> Checkpoint:
        try:
            checkpoint = parse_checkpoint(note)
            origin, size = checkpoint.origin, checkpoint.size
            for known in (self._board.copied(origin).whole, self._board.claim(origin, size)):
                if known is not None and known.note == note:
                    return known  # its signature was checked when it came first
            return open_checkpoint(note, self._identity)
        except ValueError as error:
            raise BadMessage(f"a head that is none: {error}") from None

    async def _compare(self, checkpoint: Checkpoint) -> None:
        """Its size is behind us: what is here begins with it, or its node has two histories."""
        job = partial(shelf.state, origin=checkpoint.origin, size=checkpoint.size)
        mine = await self._journal.read(job)
        if mine.root == checkpoint.root:
            self._board.checked(checkpoint)
        else:
            await self.convict(checkpoint.origin, mine, state(checkpoint))

    async def _hear_own(self, checkpoint: Checkpoint) -> None:
        """A peer has our own journal. It can have no more of it than we do, unless we lost it."""
        if self._overtaken or checkpoint.size == 0 or self._board.is_own(checkpoint):
            return
        own = await self._journal.checkpoint()
        if checkpoint.size <= own.size:
            job = partial(shelf.state, origin=checkpoint.origin, size=checkpoint.size)
            if (await self._journal.read(job)).root == checkpoint.root:
                return
        await self._journal.write(partial(mark_overtaken, note=checkpoint.note))
        self._overtaken = True
        _log.critical(
            "peers have %d entries of this node's own journal, and the %d that are here do not lead there:"
            " the state dir was restored from an old copy; nothing is written to the journal any more",
            checkpoint.size,
            own.size,
        )
