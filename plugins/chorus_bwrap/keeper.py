"""The keeper: a small process that holds a sandbox's namespaces and quotas, and takes all down with it.

It is PID 1 of a pid namespace and waits for the end of a pipe whose other end only we hold. When we die, for
whatever reason, the pipe ends, the keeper ends, and the kernel kills every process of its namespace and frees
its mounts. Nothing of a sandbox is on disk, so nothing can be left.
"""

import os
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

from chorus_bwrap.identity import NOBODY
from chorus_bwrap.process import PARTING_S, PIPE, complaint, start
from chorus_bwrap.quotas import PAGE, Quotas
from chorus_hooks.errors import Unreachable

START_S = 15.0
"""A keeper is up in milliseconds; a machine that needs this long cannot run a task."""

CLOSE_S = 5.0
"""How long the kernel may take to tear a sandbox down; killing the keeper is next."""

HOLDER = "/dev/shm"  # noqa: S108
"""Nobody needs the machine's own /dev/shm in there, and it exists everywhere."""

# $1 base, $2 $3 $4 $5 quotas of input, data, output, tmp, $6 seconds to live. The first line must come before
# /proc is mounted anew: there, one's own pid is still that of the machine.
KEEP = r"""set -e
read -r pid rest < /proc/self/stat
mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t tmpfs -o nosuid,nodev,mode=0755,size=256k chorus "$1"
cd "$1"
mkdir input data output tmp etc
mount -t tmpfs -o "nosuid,nodev,noexec,mode=0755,$2" chorus input
mount -t tmpfs -o "nosuid,nodev,mode=0755,$3" chorus data
mount -t tmpfs -o "nosuid,nodev,noexec,mode=0755,$4" chorus output
mount -t tmpfs -o "nosuid,nodev,mode=0755,$5" chorus tmp
mkdir -m 1777 tmp/tmp tmp/shm
printf '%s\n' 'root:x:0:0:root:/root:/usr/sbin/nologin' \
  'chorus:x:10001:10001:task:/workspace/data:/bin/sh' \
  'nobody:x:65534:65534:nobody:/:/usr/sbin/nologin' > etc/passwd
printf '%s\n' 'root:x:0:' 'chorus:x:10001:' 'nogroup:x:65534:' > etc/group
printf '%s\n' '127.0.0.1 localhost sandbox' '::1 localhost' > etc/hosts
printf '%s\n' 'passwd: files' 'group: files' 'hosts: files' > etc/nsswitch.conf
echo "$pid"
timeout -s KILL "$6" cat || true
exit 0
"""

# As root, before the rights are given up: $1 holder, $2 how many pairs of name and directory follow, then the
# keeper's own command. What lies behind a private home becomes reachable here, and only here.
STAGE = r"""set -e
holder=$1; left=$2; shift 2
mount -t tmpfs -o nosuid,nodev,mode=0755,size=256k chorus "$holder"
mkdir "$holder/box" "$holder/ro"
while [ "$left" -gt 0 ]; do
  mkdir -p "$holder/ro/$1"; mount --rbind "$2" "$holder/ro/$1"; shift 2; left=$((left-1))
done
exec "$@"
"""


@dataclass(frozen=True)
class Plan:
    """Where the keeper puts things, and where it finds directories that only root may reach."""

    base: str
    staged: tuple[tuple[str, Path], ...] = ()
    as_root: bool = False

    def find(self, path: Path) -> str:
        """The path by which a directory, or a file below one, is reached from inside the keeper."""
        for name, home in self.staged:
            if path.is_relative_to(home):
                return str(Path(HOLDER, "ro", name, path.relative_to(home)))
        return str(path)


def plan(homes: Sequence[Path]) -> Plan:
    """As root, `homes` are staged; a directory keeps its own name, since libraries are found beside it."""
    if os.geteuid() != 0:
        return Plan(HOLDER)
    parents = list(dict.fromkeys(home.parent for home in homes))
    staged = tuple((f"{parents.index(home.parent)}/{home.name}", home) for home in homes)
    return Plan(f"{HOLDER}/box", staged, as_root=True)


def _argv(layout: Plan, quotas: Quotas, ttl_s: float, label: str) -> list[str]:
    sizes = [place.options for place in (quotas.input, quotas.data, quotas.output, quotas.tmp)]
    own = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child"]
    own += ["--propagation", "private", "sh", "-c", KEEP, label, layout.base, *sizes, f"{ttl_s:.3f}"]
    if not layout.as_root:
        return own
    pairs = [word for name, home in layout.staged for word in (name, str(home))]
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=-all", "--"]
    outer = ["unshare", "--mount", "--propagation", "private", "sh", "-c", STAGE, label, HOLDER]
    return [*outer, str(len(layout.staged)), *pairs, *drop, *own]


class Keeper:
    """A running keeper: the way in, and what can be seen of its inside."""

    def __init__(self, process: trio.Process, pid: int, layout: Plan) -> None:
        self._process = process
        self._pid = pid
        self.layout = layout
        self._own = frozenset(self.pids())

    @property
    def alive(self) -> bool:
        """Whether the sandbox still exists."""
        return self._process.poll() is None

    @property
    def way_in(self) -> tuple[str, ...]:
        """Put before a command, it runs in the keeper's namespaces, as the root of only these."""
        return ("nsenter", "-t", str(self._pid), "-U", "-m", "-p", "--preserve-credentials", "--")

    def pids(self) -> list[str]:
        """Every process in the namespace by its number in there, unreaped dead ones included."""
        try:
            return [name for name in os.listdir(f"/proc/{self._pid}/root/proc") if name.isdecimal()]  # noqa: PTH208
        except OSError:
            return []  # the keeper is gone, and everything with it

    def strangers(self) -> list[str]:
        """Processes in the namespace besides the keeper's own, by their number in there.

        One that is dead but waits for a parent outside of the namespace is dead enough.
        """
        return [pid for pid in self.pids() if pid not in self._own and not self._done(pid)]

    def _done(self, pid: str) -> bool:
        try:
            stat = Path(f"/proc/{self._pid}/root/proc/{pid}/stat").read_text()
        except OSError:
            return True
        return stat.rpartition(")")[2].split()[:2] == ["Z", "0"]

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
        with trio.CancelScope(shield=True):
            if self._process.stdin is not None:
                await self._process.stdin.aclose()
            with trio.move_on_after(CLOSE_S):
                await self._process.wait()
            if self.alive:
                self._process.kill()
                await self._process.wait()
            for stream in (self._process.stdout, self._process.stderr):
                if stream is not None:
                    await stream.aclose()


@asynccontextmanager
async def keeping(layout: Plan, quotas: Quotas, *, ttl_s: float, label: str) -> AsyncIterator[Keeper]:
    """A keeper for as long as the block runs. Raises Unreachable, with the reason, when it does not start."""
    argv = _argv(layout, quotas, ttl_s, label)
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
        await Keeper.close(keeper or Keeper(process, process.pid, layout))


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
