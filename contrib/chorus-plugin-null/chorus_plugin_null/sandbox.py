"""A sandbox that runs nothing. FOR BENCHMARKS AND FAULT TESTS ONLY.

It starts no process. Each command "ends" at once with code 0 and without output; `sleep SECONDS` waits that
long first, so that a fault finds a task that runs, and `leave NAME TEXT` leaves a file in /workspace/output.
It holds one limit, the timeout, and claims no other.
"""

import io
import shlex
import tarfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import BinaryIO

import trio

from chorus_hooks.errors import Refused
from chorus_hooks.sandbox import Availability, Box, BoxCommand, BoxSpec, Exit, Limit, Sink

_WHY = "it runs nothing at all, and CHORUS_NULL_SANDBOX=yes does not say that this is wanted"
_CURE = "use a real sandbox; this plugin is for benchmarks"


class NullSandbox:
    """The backend `null`. Unless `enabled`, it refuses every task."""

    name = "null"
    needs_image = False
    enforces: frozenset[Limit] = frozenset({"timeout"})

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled

    async def probe(self, image: str | None) -> Availability:
        return Availability(True) if self._enabled else Availability(False, _WHY, _CURE)

    @asynccontextmanager
    async def open(self, spec: BoxSpec) -> AsyncIterator[Box]:
        if not self._enabled:
            raise Refused(_WHY, hint=_CURE)
        yield NullBox()

    async def reap(self, alive: Callable[[str], bool]) -> int:
        return 0  # it leaves nothing behind, since it never makes anything


class NullBox:
    """An open one."""

    def __init__(self) -> None:
        self._left: dict[str, bytes] = {}

    async def put(self, archive: BinaryIO) -> None:
        """Forget the source."""

    async def run(self, command: BoxCommand, sink: Sink, stdin: BinaryIO | None = None) -> Exit:
        with trio.move_on_after(command.timeout_s) as limit:
            await trio.sleep(pause_of(command.argv))
        if limit.cancelled_caught:
            return Exit("timeout", None, 0)
        match words_of(command.argv):
            case ["leave", name, text]:
                self._left[name] = text.encode()
        return Exit("exited", 0, 0, cpu_s=0.0, detail="nothing was run: this is the null sandbox")

    async def collect(self, into: BinaryIO, *, max_bytes: int) -> bool:
        with tarfile.open(fileobj=into, mode="w:") as tar:
            for name, content in self._left.items():
                member = tarfile.TarInfo(f"output/{name}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        into.flush()
        return True


def pause_of(argv: tuple[str, ...]) -> float:
    """The seconds of `sleep SECONDS`, as an argv or in a shell line; 0 for any other command."""
    match words_of(argv):
        case ["sleep", seconds]:
            try:
                return max(0.0, float(seconds))
            except ValueError:
                return 0.0
    return 0.0


def words_of(argv: tuple[str, ...]) -> list[str]:
    """The words of an argv, or of the shell line in it; none of a line with an open quote."""
    if argv[:2] != ("sh", "-c") or len(argv) != 3:
        return list(argv)
    try:
        return shlex.split(argv[2])
    except ValueError:
        return []
