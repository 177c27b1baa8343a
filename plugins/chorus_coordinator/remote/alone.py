"""The provider of `RemoteLogs` at a node without a mesh."""

from collections.abc import AsyncGenerator

import trio

from chorus_hooks.coordinator import TaskEvent
from chorus_hooks.errors import NotFound


class AloneLogs:
    """Nobody else has any task."""

    async def find(self, task_id: str) -> str:
        """Raises NotFound."""
        await trio.lowlevel.checkpoint()
        raise _none(task_id)

    async def follow(
        self, task_id: str, *, offset: int = 0, attempt: int = 1, wait: bool = True
    ) -> AsyncGenerator[TaskEvent, None]:
        """Raises NotFound."""
        await trio.lowlevel.checkpoint()
        raise _none(task_id)
        yield  # it is a generator


def _none(task_id: str) -> NotFound:
    return NotFound(f"there is no task {task_id}", hint="`chorus task list` shows the tasks of this node")
