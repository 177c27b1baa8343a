"""The keeper: a small process that holds a sandbox's namespaces and quotas, and takes all down with it.

It is PID 1 of a pid namespace and waits for the end of a pipe whose other end only we hold. When we die, for
whatever reason, the pipe ends, the keeper ends, and the kernel kills every process of its namespace and frees
its mounts. Nothing of a sandbox is on disk, so nothing can be left.
"""

import os
import shutil
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import trio

from chorus_bwrap.process import PARTING_S, PIPE, close_pipes, complaint, start
from chorus_bwrap.quotas import PAGE, Quotas
from chorus_bwrap.script import Plan, command_line
from chorus_bwrap.table import ProcessTable
from chorus_bwrap.tools import SYSTEM_PATH
from chorus_hooks.errors import Unreachable

START_S = 15.0
"""A keeper is up in milliseconds; a machine that needs this long cannot run a task."""

CLOSE_S = 5.0
"""How long the kernel may take to tear a sandbox down; killing the keeper is next."""

OOM_SCORE = 500
"""Memory is not limited, so when the machine runs out of it a task should be the first to go (proc(5))."""


class Keeper:
    """A running keeper: the way in, and what can be seen of its inside."""

    def __init__(self, process: trio.Process, pid: int, layout: Plan) -> None:
        self._process = process
        self._pid = pid
        self._table = ProcessTable(pid)
        self.layout = layout
        self._own = frozenset(self.pids())
        self._beside: tuple[trio.Process, int] | None = None

    @property
    def alive(self) -> bool:
        """Whether the sandbox still exists."""
        return self._process.poll() is None

    @property
    def way_in(self) -> tuple[str, ...]:
        """Put before a command, it runs in the keeper's namespaces, as the root of only these."""
        low = ("choom", "-n", str(OOM_SCORE), "--") if shutil.which("choom", path=SYSTEM_PATH) else ()
        return (*low, "nsenter", "-t", str(self._pid), "-U", "-m", "-p", "--preserve-credentials", "--")

    def way_into(self, network: str) -> tuple[str, ...]:
        """The same, and into a network namespace below the keeper's."""
        return (*self.way_in[:-1], f"--net={network}", "--")

    @property
    def network(self) -> str | None:
        """The network namespace of the program beside the commands, when there is one."""
        if self._beside is None or not self._accompanied:
            return None
        path = f"/proc/{self._pid}/root/proc/{self._beside[1]}/ns/net"
        # It may have ended, and been reaped in there, a moment before its nsenter ends out here.
        return path if os.path.exists(path) else None  # noqa: PTH110

    @contextmanager
    def accompanied(self, entered: trio.Process, first: int) -> Iterator[None]:
        """A program beside the commands, for as long as the block runs: it is no stranger meanwhile.

        `entered` is its nsenter, `first` its first process by its number in there.
        """
        self._beside = (entered, first)
        try:
            yield
        finally:
            self._beside = None

    @property
    def _accompanied(self) -> bool:
        return self._beside is not None and self._beside[0].poll() is None

    def pids(self) -> list[str]:
        """Every process in the namespace by its number in there, unreaped dead ones included."""
        return self._table.pids()

    def strangers(self) -> list[str]:
        """Processes in the namespace besides the keeper's own, by their number in there.

        One that is dead but waits for a parent outside of the namespace is dead enough.
        """
        present = self.pids()
        # Asked for later, so that what the program beside the commands starts meanwhile is not in between.
        known = self._own | self._family()
        return [pid for pid in present if pid not in known and not self._done(pid)]

    def kill(self, strangers: Iterable[str]) -> None:
        """SIGKILL each of them, whoever its parent is by now."""
        for pid in strangers:
            self._table.kill(pid)

    def _done(self, pid: str) -> bool:
        stat = self._table.stat(pid)
        return not stat or stat[:2] == ["Z", "0"]

    def _family(self) -> set[str]:
        """The program beside the commands: its bubblewrap, its first process, and that one's children.

        While nsenter has not ended none of these numbers can be another process's: they are not reaped.
        """
        if self._beside is None or not self._accompanied:
            return set()
        first = str(self._beside[1])
        family = {first, *self._table.stat(first)[1:2]}
        return family | {pid for pid in self.pids() if self._table.stat(pid)[1:2] == [first]}

    def cpu_s(self) -> float:
        """Processor time of all that ran in here and has ended, in seconds (proc(5): cutime, cstime)."""
        try:
            words = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(words[13]) + int(words[14])) / os.sysconf("SC_CLK_TCK")

    def used_up(self) -> str | None:
        """The first place whose quota has no room left, as the task names it."""
        for place in ("data", "output", "tmp"):
            try:
                left = os.statvfs(f"/proc/{self._pid}/root{self.layout.base}/{place}")
            except OSError:
                return None
            if left.f_bavail * left.f_frsize < PAGE or left.f_favail == 0:
                return "/tmp" if place == "tmp" else f"/workspace/{place}"  # noqa: S108
        return None

    def replaced(self, directories: Iterable[Path]) -> Path | None:
        """The first of these directories under /tmp in whose way the task has put something, such as a link.

        Asked between commands, when no process of the task is alive, so the answer stays true.
        """
        tmp = Path(f"/proc/{self._pid}/root{self.layout.base}/tmp/tmp")  # noqa: S108
        for directory in directories:
            if directory.is_relative_to("/tmp"):  # noqa: S108
                parts = directory.relative_to("/tmp").parts  # noqa: S108
                ways = [tmp.joinpath(*parts[:count]) for count in range(1, len(parts) + 1)]
                if any(way.is_symlink() or (way.exists() and not way.is_dir()) for way in ways):
                    return directory
        return None

    async def ended(self) -> bool:
        """Whether the sandbox is gone, a moment after something in it died for no reason of its own."""
        with trio.move_on_after(PARTING_S):
            await self._process.wait()
        return not self.alive

    def lost(self) -> Unreachable:
        """What to raise when the sandbox is gone."""
        return Unreachable(
            "the sandbox is gone: it reached its time to live, or something outside killed it",
            hint="run the task again; if it happens again look at the kernel's log",
        )

    async def close(self) -> None:
        """End the sandbox and everything in it. Not cancellable, bounded, may be called again."""
        await _close(self._process)
        self._table.close()


@asynccontextmanager
async def keeping(layout: Plan, quotas: Quotas, *, ttl_s: float, label: str) -> AsyncIterator[Keeper]:
    """A keeper for as long as the block runs. Raises Unreachable, with the reason, when it does not start."""
    argv = command_line(layout, quotas, ttl_s, label)
    process = await start(argv, as_root=layout.as_root, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    keeper: Keeper | None = None
    try:
        with trio.move_on_after(START_S):
            pid = await _ready(process)
            keeper = Keeper(process, pid, layout)
        if keeper is None:
            raise Unreachable(
                f"the sandbox did not start within {START_S:.0f} s", hint="is this machine overloaded?"
            )
        yield keeper
    finally:
        await (_close(process) if keeper is None else keeper.close())


async def _close(process: trio.Process) -> None:
    """Let go of the pipe; what does not end by that is killed."""
    with trio.CancelScope(shield=True):
        if process.stdin is not None:
            await process.stdin.aclose()
        with trio.move_on_after(CLOSE_S):
            await process.wait()
        if process.poll() is None:
            process.kill()
            await process.wait()
        await close_pipes(process)


async def _ready(process: trio.Process) -> int:
    """The keeper's pid, once its last process echoes what we send: then its own processes are known."""
    if process.stdin is None or process.stdout is None:
        raise AssertionError("started with pipes")
    said = b""
    try:
        await process.stdin.send_all(b"ready\n")
        while said.count(b"\n") < 2 and (piece := await process.stdout.receive_some(100)):
            said += piece
    except trio.BrokenResourceError:
        said = b""
    if said.count(b"\n") < 2:
        raise Unreachable("the sandbox did not start", hint=await complaint(process))
    return int(said.split()[0])
