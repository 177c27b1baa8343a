"""Whatever is stored, held, let go and aged, in any order: what somebody holds, or just wrote, never goes."""

import os
import tempfile
from pathlib import Path

import trio
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chorus_hooks.blob import Blob
from chorus_hooks.journal import Transaction
from chorus_journal.blob_store import FileBlobs
from chorus_journal.database import database_path
from chorus_journal.opening import open_database
from chorus_journal.sweep import YOUNGEST_S, BlobSweep
from chorus_journal.transaction import SqliteTransaction
from tests.unit.journal.state import FakeNode, fixed_identity

RETENTION = 5 * 3600.0
NAMES = st.integers(0, 5)
OWNERS = st.sampled_from(("task:1", "task:2"))


class Store(RuleBasedStateMachine):
    """A model beside the real store: when each blob was written, and who holds it."""

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory()
        path = Path(self._directory.name)
        self._node = FakeNode(path)
        self._connection = open_database(database_path(path), fixed_identity())
        self._blobs = FileBlobs(path, self._node.boot, 1 << 20)
        self._blobs.sweep(self._node.alive)
        self._sweep = BlobSweep(self._blobs, self._node, lambda: RETENTION)
        self.ages: dict[Blob, float] = {}
        self.held: set[tuple[Blob, str]] = set()

    @rule(number=NAMES)
    def write(self, number: int) -> None:
        with self._blobs.create() as writer:
            writer.write(bytes([number]) * (number + 1))
            self.ages[writer.commit()] = 0.0

    @rule(number=NAMES, owner=OWNERS)
    def hold(self, number: int, owner: str) -> None:
        for blob in [blob for blob in self.ages if blob.size == number + 1]:
            self._transaction().hold(blob.sha256, owner)
            self.held.add((blob, owner))

    @rule(owner=OWNERS)
    def release(self, owner: str) -> None:
        self._transaction().release(owner)
        self.held = {(blob, other) for blob, other in self.held if other != owner}

    @rule(hours=st.integers(1, 6))
    def wait(self, hours: int) -> None:
        for blob in self.ages:
            self.ages[blob] += hours * 3600.0
            path = self._node.state_dir / "blobs" / blob.sha256[:2] / blob.sha256
            then = path.stat().st_mtime - hours * 3600.0
            os.utime(path, (then, then))

    @rule()
    def sweep(self) -> None:
        expected = {blob.sha256 for blob in self.ages if self._may_go(blob)}
        assert {leftover.name for leftover in trio.run(self._sweep.find)} == expected
        assert {leftover.name for leftover in trio.run(self._sweep.remove)} == expected
        self.ages = {blob: age for blob, age in self.ages.items() if blob.sha256 not in expected}

    @invariant()
    def what_may_not_go_is_there(self) -> None:
        assert YOUNGEST_S < RETENTION
        for blob in self.ages:
            assert self._blobs.find(blob.sha256) == blob

    def teardown(self) -> None:
        self._connection.close()
        self._directory.cleanup()

    def _may_go(self, blob: Blob) -> bool:
        return self.ages[blob] >= RETENTION and not any(held == blob for held, _ in self.held)

    def _transaction(self) -> Transaction:
        return SqliteTransaction(self._connection, lambda: NotImplemented)


TestStore = Store.TestCase
TestStore.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
