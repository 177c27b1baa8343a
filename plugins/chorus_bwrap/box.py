"""One open sandbox: put, run, collect."""

import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from typing import BinaryIO

import trio

from chorus_bwrap import status
from chorus_bwrap.inside import Started, Tooling, end, started
from chorus_bwrap.keeper import Keeper
from chorus_bwrap.pipes import Pipes
from chorus_bwrap.process import NOTHING, PIPE, Unstartable, complaint, start
from chorus_bwrap.pump import PIPE_SIZE, Pump, feed
from chorus_hooks.errors import Unreachable, UsageError
from chorus_hooks.failpoint import failpoint
from chorus_hooks.output import STDERR, STDOUT
from chorus_hooks.sandbox import DATA, INPUT, BoxCommand, Channel, Exit, ExitReason, Sink

DRAIN_S = 0.25
"""After a kill, output that is still in the pipes is waited for this long."""

LAST_WORDS_S = 5.0
"""After a normal end everybody who could write is dead: a slow sink gets at least this long for the rest."""

TRANSFER_S = 600.0
"""Files move through memory, in seconds; this only ends a disk that hangs."""

BESIDE_S = 15.0
"""A program beside the commands is there in milliseconds."""

UNPACK = f"tar -C {INPUT} -xf - && cp -a {INPUT}/. {DATA}"


class BwrapBox:
    """A `Box` in a keeper's namespaces. Each command is its own bubblewrap, and dies with its children."""

    def __init__(self, keeper: Keeper, tooling: Tooling) -> None:
        self.keeper = keeper
        self._tooling = tooling

    async def put(self, archive: BinaryIO) -> None:
        """See `Box.put`. Unpacked inside the sandbox, so a hostile archive reaches nothing else.

        Raises UsageError when it is no tar, or larger than was announced.
        """
        failpoint("sandbox.put")
        await self._check()
        os.lseek(archive.fileno(), 0, os.SEEK_SET)
        unpack = started(
            self.keeper,
            self._tooling,
            ("sh", "-c", UNPACK),
            env={},
            cwd=DATA,
            filling=True,
            stdin=archive.fileno(),
            stdout=NOTHING,
            stderr=PIPE,
        )
        with _bounded():
            async with unpack as running:
                said = await complaint(running.process)
                failed = await running.process.wait()
        if failed:
            await self._check()
            raise UsageError("the source cannot be unpacked", hint=said.partition("\n")[0])

    async def run(self, command: BoxCommand, sink: Sink, stdin: BinaryIO | None = None) -> Exit:
        """See `Box.run`."""
        failpoint("sandbox.exec")
        await self._check()
        before = self.keeper.cpu_s()
        pump = Pump(sink, command.max_output)
        running = started(
            self.keeper,
            self._tooling,
            command.argv,
            env=command.env,
            cwd=command.cwd,
            stdin=NOTHING if stdin is None else PIPE,
            stdout=PIPE,
            stderr=PIPE,
        )
        try:
            async with running as begun:
                reason = await self._attend(begun.process, pump, command.timeout_s, stdin)
                reason, code, detail = await self._judge(reason, begun, pump)
        except Unstartable as error:
            return Exit("exited", 126, 0, detail=str(error))
        return Exit(reason, code, pump.tally.size, self.keeper.cpu_s() - before, detail=detail)

    async def collect(self, into: BinaryIO, *, max_bytes: int) -> bool:
        """See `Box.collect`. By the keeper's root, who reads everything; no process of the task is alive."""
        failpoint("sandbox.collect")
        await self._check()
        into.flush()
        room = os.lseek(into.fileno(), 0, os.SEEK_CUR) + max_bytes
        tar = ["tar", "-C", self.keeper.layout.base, "--format=gnu", "--sparse", "--hard-dereference"]
        argv = ["prlimit", f"--fsize={room}", "--core=0", *tar, "-cf", "-", "data", "output"]
        with _bounded():
            process = await start(
                [*self.keeper.way_in, *argv], stdin=NOTHING, stdout=into.fileno(), stderr=NOTHING
            )
            try:
                whole = await process.wait() == 0
            finally:
                await end(self.keeper, process)
        await self._check()
        return whole

    @asynccontextmanager
    async def beside(self, argv: tuple[str, ...]) -> AsyncIterator[Channel]:
        """See `Accompanied.beside`. The commands that follow enter its network namespace."""
        await self._check()
        async with started(
            self.keeper,
            self._tooling,
            argv,
            env={},
            cwd="/",
            stdin=PIPE,
            stdout=PIPE,
            stderr=NOTHING,
        ) as begun:
            with trio.move_on_after(BESIDE_S) as starting:
                first = await begun.first()
            if starting.cancelled_caught:
                raise Unreachable("the sandbox starts no program", hint="is this machine overloaded?")
            with self.keeper.accompanied(begun.process, first) if first else nullcontext():
                yield Pipes(begun.process)

    async def _check(self) -> None:
        if not self.keeper.alive:
            raise self.keeper.lost()
        await trio.lowlevel.checkpoint()

    async def _attend(
        self, process: trio.Process, pump: Pump, timeout_s: float, stdin: BinaryIO | None
    ) -> ExitReason:
        """Until the command has ended, nothing of it is left, and its output has been passed on."""
        deadline = trio.current_time() + timeout_s
        async with trio.open_nursery() as nursery:
            moved = trio.Event()
            nursery.start_soon(_move, process, pump, moved)
            if stdin is not None and process.stdin is not None:
                nursery.start_soon(feed, stdin, process.stdin)
            with trio.move_on_at(deadline) as clock:
                await _either(process.wait, pump.stopped.wait)
            await end(self.keeper, process)
            now = trio.current_time()
            killed = clock.cancelled_caught or pump.stopped.is_set()
            with trio.move_on_at(now + DRAIN_S if killed else max(deadline, now + LAST_WORDS_S)) as rest:
                await moved.wait()
            nursery.cancel_scope.cancel()
        if pump.error is not None:
            raise pump.error
        if pump.tally.over:
            return "output_limit"
        return "timeout" if clock.cancelled_caught or rest.cancelled_caught else "exited"

    async def _judge(
        self, reason: ExitReason, begun: Started, pump: Pump
    ) -> tuple[ExitReason, int | None, str]:
        """The reason, the code and a word for a person. Raises Unreachable when the sandbox is gone."""
        if reason != "exited":
            return reason, None, ""
        code = begun.code()
        if code is None:
            if await self.keeper.ended():
                raise self.keeper.lost()
            if status.lacks_directory(pump.tail):
                return "exited", 126, "its working directory is not there"
            return "sandbox_lost", None, pump.tail.decode(errors="replace").strip()
        full = self.keeper.used_up() if code else None
        if full is not None:
            return "disk_limit", None, f"{full} is full (the command ended with {code})"
        return "exited", code, ""


@contextmanager
def _bounded() -> Iterator[None]:
    """For moving files. Raises Unreachable when it takes longer than it can."""
    try:
        with trio.fail_after(TRANSFER_S):
            yield
    except trio.TooSlowError:
        why = f"moving files took longer than {TRANSFER_S:.0f} s"
        raise Unreachable(why, hint="does the disk of the state dir answer?") from None


async def _move(process: trio.Process, pump: Pump, moved: trio.Event) -> None:
    """Both streams to their ends."""
    async with trio.open_nursery() as nursery:
        for number, source in ((STDOUT, process.stdout), (STDERR, process.stderr)):
            if isinstance(source, trio.lowlevel.FdStream):
                with suppress(OSError):  # the user's share of large pipes may be used up
                    fcntl.fcntl(source.fileno(), fcntl.F_SETPIPE_SZ, PIPE_SIZE)
                nursery.start_soon(pump.move, number, source)
    moved.set()


async def _either(*waits: Callable[[], Awaitable[object]]) -> None:
    """Until the first of them is over."""
    async with trio.open_nursery() as nursery:

        async def wait(one: Callable[[], Awaitable[object]]) -> None:
            await one()
            nursery.cancel_scope.cancel()

        for one in waits:
            nursery.start_soon(wait, one)
