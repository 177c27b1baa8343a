"""The boundary between two steps: where an attempt stops for people and budgets, and hears what was said."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio

from chorus_hooks.direction import Direction, SoftWait
from chorus_hooks.errors import ChorusError
from chorus_hooks.reasoner import Lasting
from chorus_reasoner.event import Fault, Said
from chorus_reasoner.telling import Teller


@dataclass
class Directed:
    """The direction of one attempt. Without one nobody says anything, and nothing is charged.

    Whatever it waits for, it waits no longer than its sandbox lasts.
    """

    direction: Direction | None
    task_id: str
    attempt: int
    bench: Lasting
    teller: Teller
    heard: int = 0

    @property
    def priced(self) -> bool:
        """Whether only models with a price may be asked."""
        return self.direction is not None and self.direction.priced

    async def boundary(self) -> list[Said] | Fault:
        """What was said, once it may go on; or why it may not any more."""
        if self.bench.lasts_s <= 0:
            return self._gone()
        if self.direction is None:
            return []
        with trio.move_on_after(self.bench.lasts_s):
            try:
                notes = await self.direction.boundary(self.task_id, self.attempt, heard=self.heard)
            except ChorusError as error:
                return Fault("interrupted", f"it cannot be seen whether it may go on: {error.message}")
            for note in notes:
                self.heard = note.n
                await self.teller.note(f"chorus: told by a person: {note.text}")
            return [Said(note.text, note.by) for note in notes]
        return self._gone()

    async def spent(self, tokens: int, cost: float | None) -> None:
        """Charge a reply. Raises ChorusError when that cannot be kept."""
        if self.direction is not None:
            await self.direction.spent(self.task_id, self.attempt, tokens=tokens, cost=cost)

    @asynccontextmanager
    async def waiting(self, reason: SoftWait, why: str) -> AsyncIterator[None]:
        """The task is told as waiting inside of it."""
        if self.direction is None:
            yield
            return
        async with self.direction.waiting(self.task_id, self.attempt, reason, why):
            yield

    def _gone(self) -> Fault:
        waited = "it waited for people, budgets and models for as long as a sandbox is kept"
        return Fault("timeout", f"{waited}; raise CHORUS_GOAL_WAIT, and submit it again")
