"""Tasks: submitted, assigned, run, committed. Every change is one command through a pure rule."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from chorus_hooks.executor import Phase
from chorus_hooks.output import Stream
from chorus_hooks.query import Query
from chorus_hooks.task import State, Task, TaskDocument


@dataclass(frozen=True)
class TaskOutput:
    """A piece of what an attempt printed.

    `offset` counts the bytes that the attempt printed, stdout and stderr together, up to the end of this
    piece: resume there, or at any other byte.
    """

    stream: Stream
    data: bytes
    offset: int
    attempt: int = 1


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


@dataclass(frozen=True)
class Change:
    """One committed change of a task: the `n`-th of this node, without gaps in its order."""

    n: int
    at: str
    kind: str
    task: str
    project: str
    state: State


TaskEvent = TaskOutput | TaskPhase | Task


class Coordinator(Protocol):
    """The way a task goes. An id may be given as a prefix that only one task has."""

    async def submit(
        self,
        document: TaskDocument,
        *,
        attended: bool = True,
        stdin: BinaryIO | None = None,
        traceparent: str | None = None,
    ) -> Task:
        """Check, gate and commit a task; it is durable when this returns, and a worker may have it already.

        The same project and idempotency key give the first receipt; with another document, Conflict. An
        `attended` task is run by this process and ends with it, as `chorus run` wants it; any other one
        waits for a node's slot, outlives the process, and is begun again when its process dies. `stdin`
        (only for a task that this process will run) feeds its first command. Raises UsageError for a
        document that breaks a rule, Refused when the gate finds a secret, Busy when too many tasks wait.
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

    async def retry(
        self, task_id: str, *, idempotency_key: str | None = None, traceparent: str | None = None
    ) -> Task:
        """Submit the document of an ended task again, as a new task with `retry_of`.

        Raises Conflict while it has not ended.
        """
        ...

    async def pause(self, task_id: str) -> Task:
        """A task that waits is not begun; a goal that runs stops before its next request to a model.

        It stays so, whatever dies, until it is resumed. Raises Conflict for a task that has ended, and for
        one that cannot be stopped: its commands run, or its work is being verified.
        """
        ...

    async def resume(self, task_id: str) -> Task:
        """Let a paused task go on; any other one stays as it is. Raises Conflict when it has ended."""
        ...

    async def steer(self, task_id: str, text: str) -> Task:
        """Say something to a goal: its model reads it with the next request, and in each later attempt.

        Secrets in it are taken out. Raises Conflict when no model will read it: the task has ended, is being
        verified, or runs commands; UsageError for an empty text, or one of more than 4000 characters.
        """
        ...

    async def counts(self) -> Mapping[State, int]:
        """How many tasks there are in each state; every state is named."""
        ...

    def changes(self, *, after: int = 0, wait: bool = True) -> AsyncGenerator[Change, None]:
        """Committed changes with `n` beyond `after`, oldest first; with `wait`, for ever. In `aclosing`."""
        ...

    def follow(
        self, task_id: str, *, offset: int = 0, attempt: int = 1, wait: bool = True
    ) -> AsyncGenerator[TaskEvent, None]:
        """What the task printed from `offset` on, phases as they come, and the Task at its end.

        `offset` is of the attempt `attempt`; any other attempt is told from its beginning. With `wait` false:
        what there is now. Use it in `contextlib.aclosing`, to close it when leaving early.
        """
        ...


class TaskQueries(Protocol):
    """Questions as values, for whoever has a connection. They raise what the `Coordinator`'s own raise."""

    def get(self, task_id: str) -> Query[Task]:
        """The task as it stands."""
        ...

    def list(
        self, *, state: str | None = None, project: str | None = None, limit: int = 50, cursor: str = ""
    ) -> Query[TaskPage]:
        """Tasks, newest first."""
        ...
