"""What a process that died left behind is finished honestly: its attempts are lost, its output is kept.

Any process does this when it starts, a node also while it runs; several may at once: the rules let one of
them have effect.
"""

import logging
from functools import partial
from typing import Final

import trio

from chorus_coordinator import backlog, view
from chorus_coordinator.clock import stamp
from chorus_coordinator.control import Lost
from chorus_coordinator.rules import Changed, Record
from chorus_coordinator.shelf import Kept, Shelf
from chorus_coordinator.store import Control, Store
from chorus_hooks.errors import ChorusError
from chorus_hooks.node import Node
from chorus_hooks.task import TERMINAL

log = logging.getLogger(__name__)

WATCH_S: Final = 5.0
"""How soon a node notices that another process on its state dir has died. One indexed read each time."""


class Recovery:
    """Finds what dead processes of this state dir have left, and ends it."""

    def __init__(self, store: Store, shelf: Shelf, node: Node) -> None:
        self._store = store
        self._shelf = shelf
        self._node = node

    async def run(self) -> None:
        """Everything that dead processes left: tasks, then files."""
        names = await trio.to_thread.run_sync(self._shelf.names)
        await self._settle_all()
        for task, attempt in names:
            await self._tidy(task, attempt)

    async def watch(self) -> None:
        """End what other processes leave when they die, for as long as this one serves."""
        while True:
            await trio.sleep(WATCH_S)
            try:
                await self._settle_all()
            except ChorusError as error:
                log.warning("what a dead process left is not ended yet: %s", error.message)

    async def settle(self, record: Record) -> bool:
        """End a task whose process is gone; False when it is alive, or the task has ended."""
        holder = self.holder(record)
        if record.task.state in TERMINAL or holder is None or self._node.alive(holder):
            return False
        task, attempt = record.task.id, record.task.attempt
        kept = await trio.to_thread.run_sync(self._shelf.keep, task, attempt) if attempt else Kept()
        await self._store.change(partial(lose, task, attempt, holder, kept, died=True))
        if kept:
            await trio.to_thread.run_sync(self._shelf.drop, task, attempt)
        return True

    def holder(self, record: Record) -> str | None:
        """The process that the task hangs on: who runs it, else who waits for it."""
        return record.boot or record.waiter

    def elsewhere(self, record: Record) -> bool:
        """Whether the task hangs on another process than this one."""
        return self.holder(record) not in (None, self._node.boot)

    async def _settle_all(self) -> None:
        boots = await self._store.read(backlog.holders)
        dead = [boot for boot in boots if not self._node.alive(boot)]
        if dead:
            for record in await self._store.read(lambda reader: backlog.hanging_on(reader, dead)):
                await self.settle(record)

    async def _tidy(self, task: str, attempt: int) -> None:
        """Keep and remove a file whose attempt is over and whose process is gone."""
        record = await self._store.read(lambda reader: view.find(reader, task))
        if record is not None:
            current = attempt == record.task.attempt
            if current and (record.task.state == "assigned" or self._node.alive(record.boot or "")):
                return
            if await self._store.read(lambda reader: view.find_output(reader, task, attempt)) is None:
                kept = await trio.to_thread.run_sync(self._shelf.keep, task, attempt)
                if kept:
                    await self._store.change(lambda control: control.keep(task, attempt, kept))
        await trio.to_thread.run_sync(self._shelf.drop, task, attempt)


def lose(task: str, attempt: int, boot: str, kept: Kept, control: Control, *, died: bool) -> None:
    """The process `boot` does not have the attempt any more; what it told is kept."""
    command = Lost(task=task, at=stamp(), attempt=attempt, boot=boot, output=kept.output, died=died)
    if isinstance(control.apply(command), Changed) and kept:
        control.keep(task, attempt, kept)
