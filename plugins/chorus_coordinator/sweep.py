"""The sweeper `tasks`: ended tasks older than CHORUS_RETENTION are forgotten, and what they held let go."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from chorus_coordinator.clock import stamp
from chorus_coordinator.control import Forget
from chorus_coordinator.rules import Forgotten
from chorus_coordinator.store import Control, Store, open_store
from chorus_hooks.identity import Identity
from chorus_hooks.journal import Journal, Reader
from chorus_hooks.leftover import Leftover

BATCH: Final = 100
"""Tasks per transaction, so that who writes meanwhile waits for milliseconds only."""

_OLD: Final = (
    "SELECT t.id, length(t.document) + coalesce(length(t.result), 0) FROM coordinator_task t"
    " WHERE t.ended_at < ? AND NOT EXISTS (SELECT 1 FROM coordinator_task r WHERE r.retry_of = t.id"
    " AND r.state NOT IN ('succeeded', 'failed', 'cancelled'))"
    " AND NOT EXISTS (SELECT 1 FROM coordinator_dependency d WHERE d.dependency = t.id)"
    " ORDER BY t.ended_at LIMIT ?"
)


class TaskSweep:
    """Implements `chorus_hooks.leftover.Sweep`. `retention` tells how long ended tasks stay (s).

    A task that an open one repeats, or that one depends on which still waits for others, stays. With a task
    its idempotency key is forgotten: the same key makes a new task then. The control log keeps what it
    says, and the journal all of it.
    """

    def __init__(self, journal: Journal, identity: Identity, retention: Callable[[], float]) -> None:
        self._journal = journal
        self._identity = identity
        self._retention = retention

    async def find(self) -> tuple[Leftover, ...]:
        """What would go. The bytes are those of the task; its blobs are another sweeper's."""
        store, before = await self._open(), self._before()
        return await store.read(lambda reader: _old(reader, before, -1))

    async def remove(self) -> tuple[Leftover, ...]:
        """Forget them, and let go of their blobs."""
        store, before = await self._open(), self._before()
        gone: list[Leftover] = []
        while batch := await store.change(partial(_forget, before)):
            gone += batch
        return tuple(gone)

    async def _open(self) -> Store:
        return await open_store(self._journal, self._identity.peer_id, stamp(), lambda task: None)

    def _before(self) -> str:
        return stamp(ago_s=self._retention())


def forgettable(reader: Reader, before: str, limit: int) -> Iterator[tuple[str, int]]:
    """The tasks that ended before then and that nothing open needs, oldest first, with their bytes."""
    yield from reader.query(_OLD, (before, limit))


def _old(reader: Reader, before: str, limit: int) -> tuple[Leftover, ...]:
    return tuple(Leftover("task", task, size) for task, size in forgettable(reader, before, limit))


def _forget(before: str, control: Control) -> list[Leftover]:
    """One batch of those that are old at this moment."""
    return [
        old
        for old in _old(control.tx, before, BATCH)
        if isinstance(control.apply(Forget(task=old.name, at=stamp())), Forgotten)
    ]
