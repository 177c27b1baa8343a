"""What is new in the control log. Who waits is woken; a look tells what other processes committed."""

from collections.abc import Iterable
from typing import Final
from weakref import WeakValueDictionary

import trio

from chorus_hooks.coordinator import Change
from chorus_hooks.journal import Reader

PAGE: Final = 500
"""Changes read at once."""


class News:
    """How far the control log goes, as far as this process knows."""

    def __init__(self, newest: int) -> None:
        self.newest = newest
        self._more = trio.Event()
        self._bells: WeakValueDictionary[str, trio.Event] = WeakValueDictionary()

    def tell(self, newest: int, tasks: Iterable[str]) -> None:
        """The log goes up to `newest` now, and these tasks have changed."""
        for task in tasks:
            self.ring(task)
        if newest > self.newest:
            self.newest = newest
            more, self._more = self._more, trio.Event()
            more.set()

    def ring(self, task: str) -> None:
        """Something is new about a task, committed or not."""
        bell = self._bells.pop(task, None)
        if bell is not None:
            bell.set()

    def bell(self, task: str) -> trio.Event:
        """Set as soon as something is new about a task. Take it before you look."""
        return self._bells.setdefault(task, trio.Event())

    async def beyond(self, n: int) -> None:
        """Wait until the log goes further than `n`."""
        while self.newest <= n:
            await self._more.wait()


def changes(reader: Reader, after: int) -> list[Change]:
    """The next changes, up to a page of them."""
    rows = reader.query(
        "SELECT i, json_extract(cmd, '$.at'), kind, task, project, state FROM coordinator_control"
        " WHERE i > ? ORDER BY i LIMIT ?",
        (after, PAGE),
    )
    return [Change(*row) for row in rows]


def changed_tasks(reader: Reader, after: int) -> tuple[int, set[str]]:
    """How far the log goes beyond `after`, at most a page further, and the tasks that changed there."""
    rows = reader.query(
        "SELECT i, task FROM coordinator_control WHERE i > ? ORDER BY i LIMIT ?", (after, PAGE)
    )
    return (rows[-1][0] if rows else after), {task for _, task in rows}
