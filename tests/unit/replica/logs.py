"""Journals of nodes without nodes: entries, checkpoints and parcels that any test can bend."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from chorus_hooks.journal import Checkpoint
from chorus_identity.key_pair import KeyPair
from chorus_journal.checkpoint import make_origin, sign_checkpoint
from chorus_journal.entry import encode_entry
from chorus_journal.merkle import Frontier, fold, leaf_hash
from chorus_journal.proof import consistency_proof
from chorus_journal.replica.copied import Added, Copied, add
from chorus_journal.replica.message import Parcel
from tests.unit.journal.state import fixed_identity


@dataclass
class Log:
    """A journal in memory. `branch` makes another history of the same name."""

    identity: KeyPair = field(default_factory=lambda: fixed_identity(7))
    incarnation: bytes = bytes(16)
    entries: list[bytes] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return make_origin(self.identity.peer_id, self.incarnation)

    def grow(self, count: int, text: str = "x") -> "Log":
        for _ in range(count):
            seq = len(self.entries)
            data = {"text": text}
            self.entries.append(
                encode_entry(
                    log=self.origin, seq=seq, ts="2026-11-22T09:21:00.123Z", type="test.said", data=data
                )
            )
        return self

    def branch(self, size: int) -> "Log":
        return Log(self.identity, self.incarnation, self.entries[:size])

    def frontier(self, size: int) -> Frontier:
        frontier = Frontier()
        for body in self.entries[:size]:
            frontier.add(leaf_hash(body))
        return frontier

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        size = len(self.entries) if size is None else size
        return sign_checkpoint(self.origin, size, self.frontier(size).root(), self.identity)

    def proof(self, old: int, new: int) -> tuple[bytes, ...]:
        return tuple(consistency_proof(old, new, self._subtree))

    def parcel(self, start: int, end: int, of: int | None = None) -> Parcel:
        of = len(self.entries) if of is None else of
        note = self.checkpoint(of).note
        return Parcel(note, start, self.proof(end, of), tuple(self.entries[start:end]))

    def _subtree(self, level: int, index: int) -> bytes:
        leaves = self.entries[index << level : (index + 1) << level]
        return fold([leaf_hash(body) for body in leaves])


def copied(log: Log, steps: Sequence[int], of: int | None = None) -> Copied:
    """What is here after parcels that end at `steps`."""
    take = partial(_take, log, len(log.entries) if of is None else of)
    result = Copied(log.origin)
    for end in steps:
        result = take(result, end).copied
    return result


def _take(log: Log, of: int, before: Copied, end: int) -> Added:
    return add(before, log.parcel(before.size, end, of), log.checkpoint(of))
