"""What people and budgets of a state dir say to the attempts that run on it. Any process on it may speak."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import trio

from chorus_coordinator import directing, view
from chorus_coordinator.budget import Amount
from chorus_coordinator.ledger import Ledger
from chorus_coordinator.store import Store
from chorus_hooks.direction import Note, SoftWait
from chorus_hooks.errors import ChorusError
from chorus_hooks.journal import Reader
from chorus_hooks.service import Capabilities

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"""How soon a reload or a new day is noticed; what people say rings a bell. A few indexed reads each time."""

MARK_S: Final = 2.0
"""To note that an attempt goes on, while it is killed. Its end says the same."""


@dataclass(frozen=True)
class Sight:
    """What one look at an attempt shows: for what it has to wait, if at all, and what it has not heard."""

    reason: SoftWait | None = None
    why: str = ""
    notes: tuple[Note, ...] = ()


class LocalDirection:
    """Implements `chorus_hooks.direction.Direction` on the journal of the state dir."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        self._store = store
        self._ledger = ledger

    @property
    def priced(self) -> bool:
        """Whether a budget limits the cost."""
        return self._ledger.priced

    async def boundary(self, task_id: str, attempt: int, *, heard: int = 0) -> tuple[Note, ...]:
        """Wait while it is to wait; then what it has not heard."""
        look = partial(self._look, task_id, attempt, heard)
        while (sight := await self._store.read(look)).reason is not None:
            async with self.waiting(task_id, attempt, sight.reason, sight.why):
                await self._other_than(sight, task_id, look)
        return sight.notes

    async def spent(self, task_id: str, attempt: int, *, tokens: int, cost: float | None) -> None:
        """Charge a reply. It was paid for, whatever becomes of who asked."""
        used = Amount(max(0, tokens), max(0.0, cost or 0.0))
        with trio.CancelScope(shield=True):  # the journal bounds how long this takes
            await self._store.change(lambda control: self._ledger.charge(control.tx, task_id, used))

    @asynccontextmanager
    async def waiting(self, task_id: str, attempt: int, reason: SoftWait, why: str) -> AsyncIterator[None]:
        """The task is told as waiting inside of it."""
        await self._mark(task_id, attempt, reason, why)
        try:
            yield
        finally:
            with trio.CancelScope(deadline=trio.current_time() + MARK_S, shield=True):
                await self._mark(task_id, attempt, None, "")

    async def _other_than(self, sight: Sight, task_id: str, look: "partial[Sight]") -> None:
        """Wait until it is to wait for something else, or for nothing."""
        while True:
            bell = self._store.news.bell(task_id)
            now = await self._store.read(look)
            if (now.reason, now.why) != (sight.reason, sight.why):
                return
            with trio.move_on_after(LOOK_S):
                await bell.wait()

    def _look(self, task_id: str, attempt: int, heard: int, reader: Reader) -> Sight:
        record = view.find(reader, task_id)
        if record is None or record.task.state != "assigned" or record.task.attempt != attempt:
            return Sight()  # it is over: whoever runs it is told, and stops
        if record.paused:
            return Sight("paused")
        closed = self._ledger.closed(reader, task_id)
        if closed is not None:
            return Sight("budget", closed.why)
        return Sight(notes=directing.notes(reader, task_id, heard) if record.notes > heard else ())

    async def _mark(self, task_id: str, attempt: int, reason: SoftWait | None, why: str) -> None:
        try:
            await self._store.change(
                lambda control: view.set_waiting(control.tx, task_id, attempt, reason, why)
            )
        except ChorusError as error:
            log.warning("for what a task waits is not told: %s", error.message)
        self._store.news.ring(task_id)


@asynccontextmanager
async def serve(capabilities: Capabilities, ledger: Ledger) -> AsyncIterator[LocalDirection]:
    """The service: it has nothing to start, and nothing to stop."""
    yield LocalDirection(capabilities.get(Store), ledger)
