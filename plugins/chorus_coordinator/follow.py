"""Following a task: its output from a byte on, its phases, and the task at its end.

What this process does, and what others commit, rings a bell; the output of an attempt that another process
runs is looked at every `POLL_S`. The state is read before the output: what a task printed is all there once
it has ended.
"""

from collections.abc import AsyncGenerator
from typing import Final

import trio

from chorus_coordinator import view
from chorus_coordinator.live import LiveAttempt
from chorus_coordinator.recovery import Recovery
from chorus_coordinator.rules import BUDGET, DEPENDENCY, PAUSED, RATE_LIMIT, Record
from chorus_coordinator.shelf import Shelf
from chorus_coordinator.store import Store
from chorus_coordinator.tail import Tail
from chorus_coordinator.worker import POLL_S, Worker
from chorus_hooks.coordinator import TaskEvent, TaskOutput, TaskPhase
from chorus_hooks.errors import NotFound
from chorus_hooks.journal import Reader
from chorus_hooks.task import TERMINAL

BACKSTOP_S: Final = 5.0
"""A bell that was not rung, for whatever reason, costs this much time and no more."""

_ALL: Final[tuple[None, None]] = (None, None)
"""After the last phase: all the output there is."""


class Follower:
    """One look at one task that goes on. Made for each call of `Coordinator.follow`.

    It begins at `offset` of the attempt `attempt`, and at the start of any other one.
    """

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        worker: Worker,
        recovery: Recovery,
        task: str,
        *,
        offset: int = 0,
        attempt: int = 1,
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._worker = worker
        self._recovery = recovery
        self._task = task
        self._begin = (attempt, offset)
        self._attempt = 0
        self._tail: Tail | None = None
        self._live: LiveAttempt | None = None
        self._phases = 0
        self._told: tuple[str, str | None] | None = None

    async def events(self, wait: bool) -> AsyncGenerator[TaskEvent, None]:
        """Everything from there on; with `wait`, until the task has ended."""
        try:
            while True:
                bell = self._store.news.bell(self._task)
                self._attend(self._worker.live(self._task))
                record, blob = await self._store.read(self._look)
                for at, phase in (*self._fresh_phases(), _ALL):
                    while pieces := await self._read(record, blob, at):
                        for piece in pieces:
                            yield piece
                    if phase is not None:
                        yield phase
                if (waits := _waits(record)) is not None and waits != self._told:
                    yield TaskPhase("waiting", waits[0])
                self._told = waits
                if record.task.state in TERMINAL or not wait:
                    yield record.task
                    return
                if not await self._recovery.settle(record):
                    await self._pause(bell, record)
        finally:
            if self._tail:
                self._tail.close()

    def _attend(self, live: LiveAttempt | None) -> None:
        if live is not self._live:
            self._live, self._phases = live, 0

    def _fresh_phases(self) -> list[tuple[int, TaskEvent]]:
        if self._live is None:
            return []
        fresh, self._phases = self._live.phases(self._phases)
        return [*fresh]

    def _look(self, reader: Reader) -> tuple[Record, str | None]:
        record = view.current(reader, self._task)
        if record is None:
            raise NotFound(f"the task {self._task} was forgotten", hint="it ended long ago")
        result = record.task.result
        if result is not None and result.output is not None:
            return record, result.output.sha256
        return record, view.find_output(reader, self._task, record.task.attempt)

    async def _read(self, record: Record, blob: str | None, until: int | None) -> tuple[TaskOutput, ...]:
        """More of what the current attempt printed, up to `until`; first the rest of the one before it."""
        attempt = record.task.attempt
        if attempt == 0:
            return ()
        if self._tail is not None and attempt != self._attempt:
            if rest := await trio.to_thread.run_sync(self._tail.read, None):
                return rest
            self._tail.close()
            self._tail = None
        if self._tail is None:
            first, offset = self._begin
            self._attempt = attempt
            self._tail = self._shelf.tail(self._task, attempt, offset if attempt == first else 0)
        return await trio.to_thread.run_sync(self._tail.read, blob, until)

    async def _pause(self, bell: trio.Event, record: Record) -> None:
        """Wait for news, at most until it is time to look whether another process has any."""
        elsewhere = self._recovery.elsewhere(record)
        with trio.move_on_after(POLL_S if elsewhere else BACKSTOP_S):
            await bell.wait()


def _waits(record: Record) -> tuple[str, str | None] | None:
    """What a person can do about a wait, and what tells it from another one; None for what needs no word."""
    short, task = record.task.id[:12], record.task
    if record.asks is not None:
        return f"for a person: chorus approve {short}", record.asks
    if task.waiting_for == PAUSED:
        return f"paused: chorus task resume {short}", None
    if task.waiting_for == DEPENDENCY:
        return "for the tasks that it depends on", None
    if task.waiting_for in (BUDGET, RATE_LIMIT):
        return task.waiting_why or task.waiting_for, None
    return None
