"""Starting and killing programs inside the keeper's namespaces."""

import errno
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import trio

from chorus_bwrap.identity import as_nobody
from chorus_bwrap.tools import search_path
from chorus_hooks.errors import Unreachable

PIPE = subprocess.PIPE
NOTHING = subprocess.DEVNULL

PARTING_S = 0.2
"""nsenter ends by itself once its child is dead; after this long it is killed too."""


class Unstartable(Exception):  # noqa: N818
    """A command that no system could start: a NUL in it, too long altogether, its tools hidden by itself."""


async def start(argv: Sequence[str], *, as_root: bool = False, **streams: Any) -> trio.Process:
    """Start a program in `/`, with a bare environment (nothing of ours can leak), never as root unless told.

    It dies with the keeper, not with the thread that started it. Raises Unstartable, or Unreachable when this
    machine cannot start processes now.
    """
    identity = {} if as_root else as_nobody()
    path = search_path()
    program = shutil.which(argv[0], path=path) or argv[0]
    env = {"PATH": path, "LC_ALL": "C"}
    words = [program, *argv[1:]]
    try:
        return await trio.lowlevel.open_process(words, cwd="/", env=env, **streams, **identity)
    except ValueError as error:
        raise Unstartable(str(error)) from None
    except OSError as error:
        if error.errno == errno.E2BIG:
            raise Unstartable("the command and its environment are too long") from None
        why = f"{argv[0]} cannot be started: {error.strerror}"
        raise Unreachable(why, hint="has this machine too many processes?") from None


async def kill(entered: trio.Process) -> None:
    """Kill what nsenter started, and wait for nsenter to have reaped it.

    Killing nsenter first would leave a dead bwrap to this machine's init, which may take its time.
    """
    if entered.poll() is None and not _kill_children(entered.pid):
        entered.kill()
    with trio.move_on_after(PARTING_S) as waiting:
        await entered.wait()
    if waiting.cancelled_caught:
        entered.kill()
        await entered.wait()


def _kill_children(parent: int) -> bool:
    """SIGKILL every child of a process, each held by a pidfd so that a reused pid is never hit."""
    hit = False
    for child in _children(parent):
        with suppress(OSError):
            held = os.pidfd_open(child)
            try:
                if _parent(child) == parent:
                    signal.pidfd_send_signal(held, signal.SIGKILL)
                    hit = True
            finally:
                os.close(held)
    return hit


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


async def complaint(process: trio.Process, most: int = 4096) -> str:
    """The last of what a program said on stderr (its pipe), until it closed it."""
    said = b""
    stream = process.stderr
    while stream is not None and (piece := await stream.receive_some(most)):
        said = (said + piece)[-most:]
    return said.decode(errors="replace").strip()


async def close_pipes(process: trio.Process) -> None:
    """Close our ends of a program's pipes."""
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            await stream.aclose()
