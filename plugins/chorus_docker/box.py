"""One open container: put, run, collect."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import BinaryIO, Final

import trio

from chorus_docker import transfer
from chorus_docker.body import KEEPER
from chorus_docker.engine import Engine
from chorus_docker.keeper import Keeper
from chorus_docker.keeper_script import Facts
from chorus_docker.program import State, create_program
from chorus_docker.pump import Pump
from chorus_docker.run import LAUNCH, Run, check_text
from chorus_docker.sweep import Sweeper
from chorus_docker.voice import Voice
from chorus_hooks.errors import Refused, Unreachable
from chorus_hooks.failpoint import failpoint
from chorus_hooks.sandbox import BoxCommand, Channel, Exit, ExitReason, Sink

SWEEP_S: Final = 25.0
"""Three tries to kill, then the container: bounded even when the engine hangs."""


class DockerBox:
    """A `Box`. Each command is an exec of uid 10001 in a container that a keeper of another uid holds."""

    def __init__(self, engine: Engine, container: str, keeper: Keeper, limits: Mapping[str, int]) -> None:
        self._engine = engine
        self._container = container
        self._keeper = keeper
        self._sweeper = Sweeper(engine, container, keeper, limits)

    async def put(self, archive: BinaryIO) -> None:
        """See `Box.put`. Raises UsageError when it is no tar, or larger than was announced."""
        failpoint("sandbox.put")
        await self._keeper.facts()
        await transfer.unpack(self._engine, self._container, archive)

    async def run(self, command: BoxCommand, sink: Sink, stdin: BinaryIO | None = None) -> Exit:
        """See `Box.run`. `peak_memory` is that of the box so far, its files included."""
        failpoint("sandbox.exec")
        check_text(command)
        before = await self._keeper.facts()
        pump = Pump(sink, command.max_output)
        run = Run(self._engine, self._container, command, pump)
        try:
            await run.attend(stdin)
        finally:
            await run.hang_up()
            after = await self._swept(ended=run.code is not None)
        if pump.error is not None:
            raise pump.error
        return await self._judge(run, before, after)

    async def collect(self, into: BinaryIO, *, max_bytes: int) -> bool:
        """See `Box.collect`. By a program of the task's user: what it may not read is missing, and told."""
        failpoint("sandbox.collect")
        await self._keeper.facts()
        state: State | None = None
        try:
            state = await transfer.pack(self._engine, self._container, into, max_bytes)
        finally:
            if state is None:
                await self._swept(ended=False)
        if state is None:
            return False
        if not state.started or state.code == 127:
            raise Refused("the image has no tar, which a sandbox needs to give files back")
        return state.code == 0

    @asynccontextmanager
    async def beside(self, argv: tuple[str, ...]) -> AsyncIterator[Channel]:
        """See `Accompanied.beside`. Under the keeper's user, so that no command can signal or trace it."""
        await self._keeper.facts()
        argv = ("/bin/sh", "-c", LAUNCH, "/", *argv)  # a shell tells on stderr what cannot be started
        program = await create_program(self._engine, self._container, argv, user=KEEPER, stdin=True)
        stream = await program.start()
        try:
            with self._sweeper.accompanied():
                yield Voice(stream)
        finally:
            await stream.aclose()
            await self._parted()

    async def _parted(self) -> None:
        """It ends with its stdin. If it does not, nobody can be told apart from it, and the sandbox goes."""
        with trio.move_on_after(SWEEP_S, shield=True), suppress(Unreachable):
            if await self._sweeper.alone():
                return
        await self._keeper.aclose()

    async def _swept(self, *, ended: bool) -> Facts | None:
        """End what is left, even when cancelled; None when the sandbox is gone."""
        with trio.move_on_after(SWEEP_S, shield=True), suppress(Unreachable):
            return await self._sweeper.sweep(ended=ended)
        await self._keeper.aclose()
        return None

    async def _judge(self, run: Run, before: Facts, after: Facts | None) -> Exit:
        size = run.pump.size
        reason: ExitReason = "output_limit" if run.pump.over else "timeout" if run.timed_out else "exited"
        if after is None:
            why = "its processes could not be ended" if reason != "exited" else "its container is gone"
            return Exit(reason if reason != "exited" else "sandbox_lost", None, size, detail=why)
        used = (_spent(before.cpu_s, after.cpu_s), after.memory_peak)
        if reason != "exited":
            return Exit(reason, None, size, *used)
        code = run.code
        if code is None:
            return Exit("sandbox_lost", None, size, *used, detail=run.fault)
        if code and after.oom_kills > before.oom_kills:
            return Exit("oom", None, size, *used, detail=f"killed for memory (the command ended with {code})")
        full = await self._full() if code else None
        if full is not None:
            return Exit(
                "disk_limit", None, size, *used, detail=f"{full} is full (the command ended with {code})"
            )
        return Exit("exited", code, size, *used)

    async def _full(self) -> str | None:
        with suppress(Unreachable):
            return await self._keeper.full()
        return None


def _spent(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before
