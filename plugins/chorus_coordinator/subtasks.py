"""The parts of tasks: submitted by the attempt that splits its work, and waited for by it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import trio

from chorus_coordinator import document, submission, tree, view
from chorus_coordinator.clock import stamp
from chorus_coordinator.control import Cancel, Submit, task_id
from chorus_coordinator.rules import DEPENDENCY, Changed, Rejected
from chorus_coordinator.store import Control, Store
from chorus_hooks.errors import Conflict, NotFound, Refused
from chorus_hooks.executor import Assignment
from chorus_hooks.failpoint import failpoint
from chorus_hooks.journal import Reader
from chorus_hooks.node import Node
from chorus_hooks.service import Capabilities
from chorus_hooks.task import TERMINAL, Task, TaskDocument

LOOK_S: Final = 1.0
"""The end of a part rings a bell; one that did not ring, for whatever reason, costs this much."""


@dataclass(frozen=True)
class LocalSubtasks:
    """Implements `chorus_hooks.subtasks.Subtasks`. `deepest` and `most` bound the tree under one task."""

    store: Store
    boot: str
    deepest: Callable[[], int]
    most: Callable[[], int]

    async def depth_left(self, task_id: str) -> int:
        """What the setting leaves below this task."""
        return max(0, self.deepest() - await self.store.read(partial(tree.depth, task=task_id)))

    async def run(
        self, parent: Assignment, parts: Sequence[TaskDocument], *, timeout_s: float
    ) -> tuple[Task, ...]:
        """Commit them all or none; what ends the attempt cancels them, in its own transaction."""
        for part in parts:
            document.check(part)
        tasks = await self.store.change(partial(self._submit, parent, parts))
        failpoint("coordinator.split")
        with trio.move_on_after(timeout_s):
            for task in tasks:
                await self._end(task)
        await self.store.change(partial(_go_on, parent, tasks))
        return tuple([await self._end(task) for task in tasks])

    def _submit(self, parent: Assignment, parts: Sequence[TaskDocument], control: Control) -> list[str]:
        record = view.find(control.tx, parent.task_id)
        if record is None or record.task.state != "assigned" or record.task.attempt != parent.attempt:
            raise Conflict(f"attempt {parent.attempt} does not go on")
        self._check_room(control.tx, parent.task_id, len(parts))
        tasks = []
        for part in parts:
            command = Submit(
                task=task_id(part.project, part.idempotency_key or ""),
                at=stamp(),
                document=part,
                waiter=self.boot,
                part_of=parent.task_id,
                traceparent=record.task.traceparent,
            )
            outcome = control.apply(command)
            if isinstance(outcome, Rejected):
                raise Conflict(outcome.why)
            if isinstance(outcome, Changed):
                submission.asked(control, command)
            tasks.append(command.task)
        view.set_waiting(control.tx, parent.task_id, parent.attempt, DEPENDENCY, "for its parts")
        return tasks

    def _check_room(self, reader: Reader, parent: str, parts: int) -> None:
        if tree.depth(reader, parent) >= self.deepest():
            raise Refused(f"a part of a part is not split further here: {self.deepest()} levels are the most")
        there = tree.size(reader, parent)
        if there + parts > self.most():
            raise Refused(f"the goal has {there} tasks by now, and may have {self.most()}")

    async def _end(self, task: str) -> Task:
        """The task at its end."""
        while True:
            bell = self.store.news.bell(task)
            record = await self.store.read(partial(view.find, task=task))
            if record is None:
                raise NotFound(f"the part {task[:12]} was forgotten")
            if record.task.state in TERMINAL:
                return record.task
            with trio.move_on_after(LOOK_S):
                await bell.wait()


def _go_on(parent: Assignment, tasks: Sequence[str], control: Control) -> None:
    """The parent has its slot again; a part that has not ended by now is cancelled."""
    for task in tasks:
        control.apply(Cancel(task=task, at=stamp()))
    view.set_waiting(control.tx, parent.task_id, parent.attempt, None)


@asynccontextmanager
async def serve(
    capabilities: Capabilities, deepest: Callable[[], int], most: Callable[[], int]
) -> AsyncIterator[LocalSubtasks]:
    """The service: it has nothing to start, and nothing to stop."""
    yield LocalSubtasks(capabilities.get(Store), capabilities.get(Node).boot, deepest, most)
