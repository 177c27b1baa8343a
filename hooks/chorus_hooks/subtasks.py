"""Parts of a task: a goal that an attempt splits is worked on by tasks of their own, and waited for."""

from collections.abc import Sequence
from typing import Final, Protocol

from chorus_hooks.executor import Assignment
from chorus_hooks.task import Task, TaskDocument

MOST_PARTS: Final = 8
"""Parts of one split. More are no plan."""


class Subtasks(Protocol):
    """Runs the parts of a task that has an attempt in this process."""

    async def depth_left(self, task_id: str) -> int:
        """How often the work of this task may still be split, part within part; 0 when it may not."""
        ...

    async def run(
        self, parent: Assignment, parts: Sequence[TaskDocument], *, timeout_s: float
    ) -> tuple[Task, ...]:
        """Submit the parts, and give them back when all have ended, in their order.

        Those that have not ended after `timeout_s` seconds are cancelled. Meanwhile the parent waits for
        `dependency`: it keeps its attempt, and its slot is free for parts. They belong to this process and
        to this attempt: they are cancelled when it ends, whatever ends it.
        Raises Refused beyond the bounds of depth and number, UsageError for a document that breaks a rule,
        Conflict when the attempt is not the current one.
        """
        ...
