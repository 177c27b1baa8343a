"""The backend `bwrap`: whether it works here, what it limits, and opening one."""

import os
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from chorus_bwrap import diagnosis, kernel, seccomp, tools
from chorus_bwrap.box import BwrapBox
from chorus_bwrap.inside import Tooling
from chorus_bwrap.keeper import keeping
from chorus_bwrap.quotas import quotas
from chorus_bwrap.script import plan
from chorus_bwrap.tools import Bwrap
from chorus_hooks.errors import ChorusError, Refused
from chorus_hooks.failpoint import failpoint
from chorus_hooks.output import Stream
from chorus_hooks.sandbox import Availability, BoxCommand, BoxSpec, Limit

PROBE_S = 20.0
"""A probe takes some 30 ms; a machine that needs this long cannot run a task."""

YES_KEPT_S = 50.0
"""Less than the period of the check, so that a node really opens one each minute, and no task has to."""

NO_KEPT_S = 5.0
"""Whoever installs bubblewrap, or lets users have namespaces, sees it soon."""

OWN_PROCESSES = 1
"""Bubblewrap's own first process counts as one of the task's."""

FOR_ALL = stat.S_IROTH | stat.S_IXOTH
"""As root a sandbox is nobody's, so what it shows must be for all. Its parents may be private."""

KEPT_FROM_VIEW = tuple(Path(path) for path in ("/proc", "/sys", "/dev", "/workspace"))
"""Nothing of the machine can be shown in these places."""

MIB = 1 << 20
SMALLEST = BoxSpec(
    None, memory=64 * MIB, cpus=1, pids=16, disk=MIB, input_size=0, input_files=0, ttl_s=PROBE_S
)


class BwrapSandbox:
    """A `Sandbox` out of namespaces. `readable` are directories to show read-only (CHORUS_BWRAP_RO)."""

    name = "bwrap"
    needs_image = False

    def __init__(self, readable: tuple[Path, ...] = ()) -> None:
        self._readable = readable
        self._found: tuple[Availability, Bwrap | None] | None = None
        self._until = float("-inf")
        self._looking = trio.Lock()

    @property
    def enforces(self) -> frozenset[Limit]:
        """Memory and processors need control groups, which an ordinary user does not have."""
        held: set[Limit] = {"timeout", "disk", "inodes", "output"}
        if kernel.counts_processes():
            held.add("pids")
        return frozenset(held)

    async def probe(self, image: str | None) -> Availability:
        """See `Sandbox.probe`: opens a sandbox and runs `true` in it; the answer is kept for a while."""
        return (await self._look())[0]

    @asynccontextmanager
    async def open(self, spec: BoxSpec) -> AsyncIterator[BwrapBox]:
        """See `Sandbox.open`. Raises Refused when none can be opened on this machine."""
        # What once worked is not tried again first: opening it is the same trial.
        here, bwrap = self._found if self._found and self._found[1] else await self._look()
        if bwrap is None:
            raise Refused(f"no bwrap sandbox: {here.why}", hint=here.cure)
        async with self._opened(bwrap, spec) as box:
            yield box

    async def reap(self, alive: Callable[[str], bool]) -> int:
        """Nothing to do: a sandbox cannot outlive the process that opened it."""
        await trio.lowlevel.checkpoint()
        return 0

    @asynccontextmanager
    async def _opened(self, bwrap: Bwrap, spec: BoxSpec) -> AsyncIterator[BwrapBox]:
        layout = plan([*bwrap.homes, *self._readable])
        tooling = Tooling(
            bwrap=layout.find(bwrap.path),
            syscalls=seccomp.program(os.uname().machine),
            readable={path: layout.find(path) for path in self._readable},
            processes=spec.pids + OWN_PROCESSES if "pids" in self.enforces else None,
        )
        label = " ".join(["chorus", *(f"{name}={value}" for name, value in sorted(spec.labels.items()))])
        failpoint("sandbox.start.before")
        async with keeping(layout, quotas(spec), ttl_s=spec.ttl_s, label=label) as keeper:
            failpoint("sandbox.start.after")
            yield BwrapBox(keeper, tooling)
            failpoint("sandbox.close")

    async def _look(self) -> tuple[Availability, Bwrap | None]:
        async with self._looking:
            if self._found is None or trio.current_time() >= self._until:
                self._found = await self._search()
                self._until = trio.current_time() + (YES_KEPT_S if self._found[0].ok else NO_KEPT_S)
            return self._found

    async def _search(self) -> tuple[Availability, Bwrap | None]:
        missing = tools.missing()
        fault = self._fault()
        if fault is not None:
            return fault, None
        if not seccomp.supported(os.uname().machine):
            return diagnosis.no_filter(os.uname().machine), None
        if missing:
            return diagnosis.no_tools(missing), None
        answer = diagnosis.no_bwrap()
        for bwrap in tools.candidates():
            said = await self._try(bwrap)
            if said is None:
                return Availability(ok=True), bwrap
            answer = diagnosis.diagnose(said, kernel.look())
        return answer, None

    def _fault(self) -> Availability | None:
        """What is wrong with the directories that a task may read."""
        for path in self._readable:
            if not path.is_dir():
                why = f"CHORUS_BWRAP_RO names {path}, which is no directory"
            elif path == Path("/") or any(path.is_relative_to(place) for place in KEPT_FROM_VIEW):
                why = f"CHORUS_BWRAP_RO names {path}, which a sandbox may never show"
            elif os.geteuid() == 0 and path.stat().st_mode & FOR_ALL != FOR_ALL:
                why = f"CHORUS_BWRAP_RO names {path}, which only its owner may read"
            else:
                continue
            return Availability(ok=False, why=why, cure="name readable directories: a venv, a toolchain")
        return None

    async def _try(self, bwrap: Bwrap) -> str | None:
        """None when a command ran in a sandbox of this bubblewrap, else what the tools said."""
        said: list[bytes] = []

        async def listen(_stream: Stream, data: bytes) -> None:
            said.append(data)

        try:
            with trio.fail_after(PROBE_S):
                async with self._opened(bwrap, SMALLEST) as box:
                    ended = await box.run(BoxCommand(("true",), {}, PROBE_S, 4096), listen)
        except trio.TooSlowError:
            return f"no answer within {PROBE_S:.0f} s"
        except ChorusError as error:
            return error.hint or error.message
        return None if ended.code == 0 else b"".join(said).decode(errors="replace") or ended.detail
