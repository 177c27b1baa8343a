"""Tasks: submitted, assigned, run, committed. Every change is one command through a pure rule."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from chorus_hooks.executor import Phase
from chorus_hooks.output import Stream
from chorus_hooks.task import Task, TaskDocument


@dataclass(frozen=True)
class TaskOutput:
    """A piece of what the task printed. `offset` is where the next piece begins: resume there."""

    stream: Stream
    data: bytes
    offset: int


@dataclass(frozen=True)
class TaskPhase:
    """The attempt entered a phase. Soft state: seen only by who follows while it happens."""

    phase: Phase
    text: str


@dataclass(frozen=True)
class TaskPage:
    """Some tasks, newest first, and where to go on; `cursor` is None on the last page."""

    tasks: tuple[Task, ...]
    cursor: str | None


TaskEvent = TaskOutput | TaskPhase | Task


class Coordinator(Protocol):
    """The way a task goes. An id may be given as a prefix that only one task has."""

    async def submit(self, document: TaskDocument, *, stdin: BinaryIO | None = None) -> Task:
        """Check, gate and commit a task; it is durable when this returns, and a worker may have it already.

        The same project and idempotency key give the first receipt; with another document, Refused.
        `stdin` (only for a task that this process will run) feeds its first command. Raises UsageError
        for a document that breaks a rule, Refused when the gate finds a secret.
        """
        ...

    async def get(self, task_id: str) -> Task:
        """The task as it stands. Raises NotFound, or UsageError for a prefix of several."""
        ...

    async def list(
        self, *, state: str | None = None, project: str | None = None, limit: int = 50, cursor: str = ""
    ) -> TaskPage:
        """Tasks, newest first."""
        ...

    async def cancel(self, task_id: str) -> Task:
        """Commit the cancellation; an attempt that runs is killed. A terminal task stays as it is."""
        ...

    def follow(self, task_id: str, *, offset: int = 0, wait: bool = True) -> AsyncGenerator[TaskEvent, None]:
        """What the task printed from `offset` on, phases as they come, and the Task at its end.

        With `wait` false: what there is now. Use it in `contextlib.aclosing`, to close it when leaving early.
        """
        ...
