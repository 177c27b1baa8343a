"""Ending everything that a task left running. The engine can kill a container, but no single exec."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
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

CROWD: Final = 16
"""This many leftovers may keep the engine from entering the container, and share one processor's time."""

HEADROOM: Final = 64
"""Processes more than the limit, for the sweep: the engine needs about ten to enter a container."""

UNLIMITED: Final = -1
"""Processor time for the sweep: on a quarter of a processor, 512 forking processes took 20 s to end."""


class Sweeper:
    """Kills every process of the task's user, as that user: so it cannot reach the keeper.

    `limits` are the container's own PidsLimit, CpuPeriod and CpuQuota. A crowd is killed under others:
    it leaves no process for the engine's way in, and no time to die in.
    """

    def __init__(self, engine: Engine, container: str, keeper: Keeper, limits: Mapping[str, int]) -> None:
        self._engine = engine
        self._container = container
        self._keeper = keeper
        self._limits = limits
        self._lifted = False
        self._ours = KEEPER_PROCESSES

    @contextmanager
    def accompanied(self) -> Iterator[None]:
        """A process of the keeper's user is beside the commands while the block runs, and is no leftover."""
        self._ours += 1
        try:
            yield
        finally:
            self._ours -= 1

    async def alone(self) -> bool:
        """Wait a moment for whatever ends by itself; whether nobody but the keeper is left."""
        return (await self._gone()).processes <= self._ours

    async def sweep(self, *, ended: bool) -> Facts:
        """Until none is left; `ended` says that there should be none, so that a look may be enough.

        Raises Unreachable, after killing the container, when some will not go.
        """
        left = None
        # The one beside the commands may have ended, and then its place is no proof that none is left.
        if ended and self._ours == KEEPER_PROCESSES:
            left = await self._settled()
            if left.processes <= self._ours:
                return left
        if left is None or left.processes > self._ours + CROWD:
            await self._lift()
        clean = await self._kill_all()
        if clean is None:
            await self._give_up()
            raise Unreachable("the processes of a command could not be ended, so the sandbox was removed")
        if self._lifted:
            await self._limit()
        return clean

    async def _kill_all(self) -> Facts | None:
        for _ in range(TRIES):
            with trio.move_on_after(TRY_S):
                if await self._kill():
                    facts = await self._gone()
                    if facts.processes <= self._ours:
                        return facts
            await self._lift()
        return None

    async def _settled(self) -> Facts:
        facts = await self._keeper.facts()
        for pause in SETTLE:
            if facts.processes <= self._ours:
                break
            await trio.sleep(pause)
            facts = await self._keeper.facts()
        return facts

    async def _gone(self) -> Facts:
        facts = await self._keeper.facts()
        with trio.move_on_after(REAP_S):
            while facts.processes > self._ours:
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

    async def _lift(self) -> None:
        if not self._lifted:
            self._lifted = True
            await self._update({"PidsLimit": self._limits["PidsLimit"] + HEADROOM, "CpuQuota": UNLIMITED})

    async def _limit(self) -> None:
        await self._update(self._limits)
        self._lifted = False

    async def _update(self, limits: Mapping[str, int]) -> None:
        with suppress(ApiError):  # the kill, or the next command, tells better what is wrong
            await self._engine.call("POST", f"/containers/{self._container}/update", limits)

    async def _give_up(self) -> None:
        await self._keeper.aclose()
        with suppress(ApiError):  # it is gone already
            await self._engine.call("POST", f"/containers/{self._container}/kill")
