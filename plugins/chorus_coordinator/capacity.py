"""Whether plain tasks can run here at all. While the sandbox is gone they wait: they would all fail."""

import logging
from collections.abc import Callable
from typing import Final

import trio

from chorus_hooks.errors import ChorusError
from chorus_hooks.executor import Executor

log = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 30.0


class Capacity:
    """Knows whether a task that asks for nothing special gets a sandbox; `back` hears when one is back."""

    def __init__(self, executor: Executor, back: Callable[[], None]) -> None:
        self._executor = executor
        self._back = back
        self._gone = trio.Event()
        self.why = ""

    @property
    def ok(self) -> bool:
        """Whether plain tasks may be begun."""
        return not self.why

    async def lost(self) -> bool:
        """A plain task found no sandbox: is that so for every such task? Then none is begun for now."""
        why = await self._ask()
        if why and self.ok:
            log.warning("tasks wait until there is a sandbox again: %s", why)
        if why:
            self.why = why
            self._gone.set()
        return bool(why)

    async def watch(self) -> None:
        """Ask again, with growing pauses, as long as the sandbox is gone."""
        while True:
            await self._gone.wait()
            pause = FIRST_PAUSE_S
            while self.why:
                await trio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
                self.why = await self._ask()
            self._gone = trio.Event()
            log.info("there is a sandbox again: tasks are begun")
            self._back()

    async def _ask(self) -> str:
        """Why there is no sandbox; empty when there is one."""
        try:
            await self._executor.sandbox()
        except ChorusError as error:
            return error.message
        return ""
