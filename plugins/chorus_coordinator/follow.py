"""Following a task: its output from an offset on, its phases, and the task at its end.

In the process that runs the task an event tells of more; elsewhere the file and the view are looked at
every `POLL_S`. The state is read before the output: what a task printed is all there once it has ended.
"""

from collections.abc import AsyncGenerator
from typing import Final

import trio

from chorus_coordinator import view
from chorus_coordinator.recovery import Recovery
from chorus_coordinator.rules import Record
from chorus_coordinator.shelf import Shelf
from chorus_coordinator.store import Store
from chorus_coordinator.tail import Tail
from chorus_coordinator.worker import POLL_S, Worker
from chorus_hooks.coordinator import TaskEvent, TaskOutput
from chorus_hooks.journal import Reader
from chorus_hooks.task import TERMINAL

_ALL: Final[tuple[None, None]] = (None, None)
"""After the last phase: all the output there is."""


class Follower:
    """One look at one task that goes on. Made for each call of `Coordinator.follow`."""

    def __init__(self, store: Store, shelf: Shelf, worker: Worker, recovery: Recovery, task: str) -> None:
        self._store = store
        self._shelf = shelf
        self._worker = worker
        self._recovery = recovery
        self._task = task
        self._attempt = 0
        self._tail: Tail | None = None

    async def events(self, offset: int, wait: bool) -> AsyncGenerator[TaskEvent, None]:
        """Everything from `offset` on; with `wait`, until the task has ended."""
        phases = 0
        try:
            while True:
                live = self._worker.live(self._task)
                changed = live.changed if live else self._worker.begun
                record, blob = await self._store.read(self._look)
                fresh, phases = live.phases(phases) if live else ([], 0)
                for at, phase in (*fresh, _ALL):
                    while pieces := await self._read(record, blob, offset, at):
                        for piece in pieces:
                            yield piece
                    if phase is not None:
                        yield phase
                if record.task.state in TERMINAL or not wait:
                    yield record.task
                    return
                if not await self._recovery.settle(record):
                    await _pause(changed)
        finally:
            if self._tail:
                self._tail.close()

    def _look(self, reader: Reader) -> tuple[Record, str | None]:
        record = view.current(reader, self._task)
        result = record.task.result
        if result is not None and result.output is not None:
            return record, result.output.sha256
        return record, view.find_output(reader, self._task, record.task.attempt)

    async def _read(
        self, record: Record, blob: str | None, offset: int, until: int | None
    ) -> list[TaskOutput]:
        """More of what the current attempt printed, up to `until`; a later attempt begins at 0."""
        attempt = record.task.attempt
        if attempt == 0:
            return []
        if self._tail is None or attempt != self._attempt:
            if self._tail is not None:
                self._tail.close()
                offset = 0
            self._attempt = attempt
            self._tail = self._shelf.tail(self._task, attempt, offset)
        return await trio.to_thread.run_sync(self._tail.read, blob, until)


async def _pause(changed: trio.Event) -> None:
    """Wait for news, at most until it is time to look whether another process has any."""
    with trio.move_on_after(POLL_S):
        await changed.wait()
