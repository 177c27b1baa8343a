"""What a task that asks for nothing special would get now. Often asked: the answer is kept for a moment."""

from collections.abc import Awaitable, Callable
from typing import Final

import trio

from chorus_executor.choice import Choice, NoSandbox
from chorus_hooks.errors import Refused
from chorus_hooks.executor import SandboxChoice

KEPT_S: Final = 5.0
"""Whoever starts or stops an engine sees it in this time."""


class StandingChoice:
    """The answer of `choose`, kept for a few seconds; of many who ask at once one looks."""

    def __init__(self, choose: Callable[[], Awaitable[Choice]]) -> None:
        self._choose = choose
        self._looking = trio.Lock()
        self._answer: SandboxChoice | NoSandbox | None = None
        self._until = float("-inf")

    async def get(self) -> SandboxChoice:
        """The choice. Raises Refused, with the cure, when there is no sandbox."""
        async with self._looking:
            if self._answer is None or trio.current_time() >= self._until:
                self._answer = await self._look()
                self._until = trio.current_time() + KEPT_S
            answer = self._answer
        if isinstance(answer, NoSandbox):
            raise Refused(f"no sandbox works here: {answer.why}", hint=answer.cure)
        return answer

    async def _look(self) -> SandboxChoice | NoSandbox:
        try:
            choice = await self._choose()
        except NoSandbox as none:
            return none
        why = choice.why
        if choice.unlimited:
            why += f"; it does not limit {', '.join(choice.unlimited)}"
        return SandboxChoice(choice.sandbox.name, why, weak=bool(choice.unlimited))
