"""What people and budgets say to an attempt at a goal, at each boundary between two of its steps."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

SoftWait = Literal["paused", "budget", "rate_limit"]
"""Why an attempt waits that has its process and slot: a person paused it, a budget of the node is used up,
every model rests."""


@dataclass(frozen=True)
class Note:
    """What a person said to a task: the `n`-th from 1, when (RFC 3339, UTC), and by whom (a peer id)."""

    n: int
    at: str
    by: str
    text: str


class Direction(Protocol):
    """Asked before each request to a model, and told what each one used. Notes and spending are durable."""

    async def boundary(self, task_id: str, attempt: int, *, heard: int = 0) -> tuple[Note, ...]:
        """Wait while the task is paused, or a budget that it falls under is used up; the task is `waiting`
        for that meanwhile. Then the notes with `n` beyond `heard`, oldest first.

        Waits without a limit: whoever has one cancels it. Returns at once when the attempt is over.
        """
        ...

    async def spent(self, task_id: str, attempt: int, *, tokens: int, cost: float | None) -> None:
        """Charge a reply, whole or broken, to the budgets of task, project and day.

        `tokens` are of both kinds; a cost of None, of a model without a price, counts as nothing.
        """
        ...

    @property
    def priced(self) -> bool:
        """Whether a budget limits the cost: then only models with a price may be asked."""
        ...

    def waiting(
        self, task_id: str, attempt: int, reason: SoftWait, why: str
    ) -> AbstractAsyncContextManager[None]:
        """The task is `waiting` for `reason` inside of it; `why` tells people. Soft: it raises nothing."""
        ...
