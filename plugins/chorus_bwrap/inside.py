"""Starting a command inside: bubblewrap in the keeper's namespaces, with a filter and a status pipe."""

import os
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trio

from chorus_bwrap import status, view
from chorus_bwrap.keeper import Keeper
from chorus_bwrap.process import Unstartable, close_pipes, kill, start
from chorus_bwrap.tools import SYSTEM_PATH

SWEEP_S = 3.0
"""Killing a namespace takes milliseconds, a full fork bomb in it a second. Then the sandbox is given up."""


@dataclass(frozen=True)
class Tooling:
    """What every command of a sandbox is started with.

    `bwrap` is its path seen from the keeper, `syscalls` the filter, `readable` maps directories to where the
    keeper has them. `processes` is the most there may be at once, None where the kernel cannot count them.
    """

    bwrap: str
    syscalls: bytes
    readable: Mapping[Path, str]
    processes: int | None


@dataclass(frozen=True)
class Started:
    """A command that was started; its process is nsenter, whose child is bubblewrap."""

    process: trio.Process
    _told: int

    def code(self) -> int | None:
        """After it ended: its exit code, or None when bubblewrap was killed or could not start it."""
        try:
            return status.exit_code(os.read(self._told, 1 << 16))
        except BlockingIOError:
            return None

    async def first(self) -> int | None:
        """Its first process, by its number in the keeper's namespace; None when it was not started."""
        said = b""
        while (pid := status.first_process(said)) is None:
            await trio.lowlevel.wait_readable(self._told)
            piece = os.read(self._told, 1 << 16)
            if not piece:
                return None
            said += piece
        return pid


@asynccontextmanager
async def started(
    keeper: Keeper,
    tooling: Tooling,
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str,
    filling: bool = False,
    **streams: Any,
) -> AsyncIterator[Started]:
    """A running command; leaving the block kills whatever is left of it.

    Raises Unstartable, or Unreachable when this machine cannot start processes now.
    """
    replaced = keeper.replaced(tooling.readable)
    if replaced is not None:
        raise Unstartable(f"the task has put something in the place of {replaced}, which it may read")
    told, tell = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    syscalls = _in_memory(tooling.syscalls)
    network = keeper.network
    inside = view.arguments(
        keeper.layout.base,
        readable=tooling.readable,
        env=env,
        cwd=cwd,
        filling=filling,
        sharing=network is not None,
    )
    fds = ["--json-status-fd", str(tell), "--seccomp", str(syscalls)]
    way_in = keeper.way_in if network is None else keeper.way_into(network)
    argv = [*way_in, tooling.bwrap, *inside, *fds, "--", *_limits(tooling), *command]
    try:
        try:
            process = await start(argv, pass_fds=(tell, syscalls), **streams)
        finally:
            os.close(tell)
            os.close(syscalls)
        try:
            yield Started(process, told)
        finally:
            await end(keeper, process)
            with trio.CancelScope(shield=True):
                await close_pipes(process)
    finally:
        os.close(told)


async def end(keeper: Keeper, process: trio.Process) -> None:
    """Kill what is left of a command, and see that it is gone. Not cancellable, bounded, may be called again.

    With bubblewrap dies the rest, but not what it was still setting up: that asks the kernel to die with its
    parent some time after it was forked, and a parent that is dead by then kills nobody.
    If something does not go, the whole sandbox does.
    """
    with trio.CancelScope(shield=True):
        await kill(process)
        pause = 0.0005
        with trio.move_on_after(SWEEP_S):
            while strangers := keeper.strangers():
                keeper.kill(strangers)
                await trio.sleep(pause)
                pause = min(pause * 2, 0.02)
            return
        await keeper.close()


def _limits(tooling: Tooling) -> list[str]:
    """prlimit also answers 127 and 126, as a shell does, when it cannot start the command."""
    limits = [shutil.which("prlimit", path=SYSTEM_PATH) or "prlimit", "--core=0"]
    if tooling.processes is not None:
        limits.append(f"--nproc={tooling.processes}")
    return [*limits, "--"]


def _in_memory(content: bytes) -> int:
    descriptor = os.memfd_create("seccomp")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
