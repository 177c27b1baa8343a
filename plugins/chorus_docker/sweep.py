"""Ending everything that a task left running. The engine can kill a container, but no single exec."""

from typing import Final

import trio

from chorus_docker.body import KEEPER_PROCESSES, TASK
from chorus_docker.engine import ApiError, Engine
from chorus_docker.keeper import Keeper
from chorus_docker.keeper_script import Facts
from chorus_docker.program import NOT_STARTED, create_program
from chorus_hooks.errors import Unreachable

TRIES: Final = 3
TRY_S: Final = 5.0
"""An exec into a full container takes up to two seconds to fail."""

SETTLE: Final = (0.001, 0.002, 0.004)
"""Seconds between looks while what has ended is being reaped, before anything is killed."""

REAP_S: Final = 1.0
"""Killed processes are gone in milliseconds, a thousand of them in tenths of a second."""

HEADROOM: Final = 64
"""Processes more than the limit, for the sweep: the engine needs about ten to enter a container."""


class Sweeper:
    """Kills every process of the task's user, as that user: so it cannot reach the keeper."""

    def __init__(self, engine: Engine, container: str, keeper: Keeper, pids: int) -> None:
        self._engine = engine
        self._container = container
        self._keeper = keeper
        self._limit = pids + KEEPER_PROCESSES

    async def sweep(self, *, ended: bool) -> Facts:
        """Until none is left; `ended` says that there should be none, so that a look may be enough.

        Raises Unreachable, after killing the container, when some will not go.
        """
        if ended:
            facts = await self._settled()
            if facts.processes <= KEEPER_PROCESSES:
                return facts
        raised = False
        try:
            for turn in range(TRIES):
                with trio.move_on_after(TRY_S):
                    if turn and not raised:
                        raised = True
                        await self._limit_processes(self._limit + HEADROOM)
                    if await self._kill():
                        facts = await self._gone()
                        if facts.processes <= KEEPER_PROCESSES:
                            return facts
        finally:
            if raised:
                await self._limit_processes(self._limit)
        await self._give_up()
        raise Unreachable("the processes of a command could not be ended, so the sandbox was removed")

    async def _settled(self) -> Facts:
        facts = await self._keeper.facts()
        for pause in SETTLE:
            if facts.processes <= KEEPER_PROCESSES:
                break
            await trio.sleep(pause)
            facts = await self._keeper.facts()
        return facts

    async def _gone(self) -> Facts:
        facts = await self._keeper.facts()
        with trio.move_on_after(REAP_S):
            while facts.processes > KEEPER_PROCESSES:
                await trio.sleep(0.005)
                facts = await self._keeper.facts()
        return facts

    async def _kill(self) -> bool:
        """Whether a kill of everything that the user has was carried out (kill(2): -1, oneself excepted)."""
        try:
            killer = await create_program(
                self._engine, self._container, ["/bin/sh", "-c", "kill -9 -1"], user=TASK, output=False
            )
            await killer.start_alone()
            # Wait for this very kill: a late one would hit the next command.
            state = await killer.ended(trio.Event())
        except ApiError:
            return False
        return state.started and state.code != NOT_STARTED

    async def _limit_processes(self, count: int) -> None:
        try:
            await self._engine.call("POST", f"/containers/{self._container}/update", {"PidsLimit": count})
        except ApiError:
            return  # the kill, or the next command, tells better what is wrong

    async def _give_up(self) -> None:
        await self._keeper.aclose()
        try:
            await self._engine.call("POST", f"/containers/{self._container}/kill")
        except ApiError:
            return  # it is gone already
