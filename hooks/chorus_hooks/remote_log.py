"""What tasks print on other nodes."""

from collections.abc import AsyncGenerator
from typing import Protocol

from chorus_hooks.coordinator import TaskEvent


class RemoteLogs(Protocol):
    """Follows tasks of peers, over whatever cuts and restarts lie between."""

    async def find(self, task_id: str) -> str:
        """The whole id of a task that a peer has.

        Raises NotFound when nobody who can be reached has one, UsageError for a prefix of several.
        """
        ...

    def follow(
        self, task_id: str, *, offset: int = 0, attempt: int = 1, wait: bool = True
    ) -> AsyncGenerator[TaskEvent, None]:
        """As `Coordinator.follow`, no byte twice and none left out. In `aclosing`.

        Raises Unreachable when nobody who has the task could be reached for a while.
        """
        ...
