"""The open sandbox as a reasoner sees it: shell lines, files, and what is left of the task's limits."""

import math
import posixpath
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import trio

from chorus_executor.commands import Runner, Spent
from chorus_executor.excerpt import Excerpt
from chorus_executor.handover import Handover
from chorus_executor.place import Lost
from chorus_hooks.errors import Unreachable, UsageError
from chorus_hooks.output import Stream
from chorus_hooks.reasoner import Merged, Observed
from chorus_hooks.sandbox import DATA, Box, BoxCommand
from chorus_hooks.task import Changes, Source, Step

STEP_OUTPUT: Final = 4 << 20
"""Bytes of one command. More is a program that runs away, and nobody would read it."""
FILE_S: Final = 30.0
"""Writing or reading a small file takes milliseconds; a sandbox that needs longer hangs."""
FILE_OUTPUT: Final = 4 << 10

_WRITE: Final = 'mkdir -p -- "$(dirname -- "$1")" && cat >"$1"'
_READ: Final = 'head -c "$2" -- "$1"'


@dataclass
class BoxBench:
    """Implements `chorus_hooks.reasoner.Workbench`. `steps` are the commands that ran.

    `until` is when the sandbox is to be done with, on trio's clock; a while later it is removed.
    """

    box: Box
    runner: Runner
    spent: Spent
    scratch: Path
    handover: Handover
    steps: list[Step]
    until: float = math.inf

    @property
    def left_s(self) -> float:
        """What is left of the time for commands."""
        return max(0.0, self.runner.allowance.timeout_s - self.spent.wall_s)

    @property
    def lasts_s(self) -> float:
        """What is left of the sandbox's life."""
        return max(0.0, self.until - trio.current_time())

    async def run(self, line: str, *, timeout_s: float, keep: int) -> Observed:
        """Run it, with its output shown to people as it comes."""
        observed = await self._run(("sh", "-c", line), timeout_s, keep, shown=True)
        step = Step(
            action=line, exit_code=observed.code, reason=observed.reason, wall_s=round(observed.wall_s, 3)
        )
        self.steps.append(step)
        return observed

    async def write(self, path: str, content: bytes) -> Observed:
        """By a shell in the sandbox, so that the path means what it means there."""
        with tempfile.TemporaryFile(dir=self.scratch) as file:
            file.write(content)
            file.seek(0)
            argv = ("sh", "-c", _WRITE, "write", _inside(path))
            return await self._run(argv, FILE_S, FILE_OUTPUT, shown=False, stdin=file)

    async def read(self, path: str, *, most: int) -> bytes | None:
        """By a shell in the sandbox, too."""
        argv = ("sh", "-c", _READ, "read", _inside(path), str(most))
        observed = await self._run(argv, FILE_S, 2 * most + FILE_OUTPUT, shown=False)
        return observed.output if observed.code == 0 else None

    async def snapshot(self) -> Source:
        """As a blob of its own."""
        try:
            return await self.handover.snapshot()
        except Lost as lost:
            raise Unreachable(str(lost)) from None

    async def merge(self, parts: Sequence[Changes | None]) -> Merged:
        """By programs in the sandbox, which write as the task does."""
        return await self.handover.merge(parts)

    async def _run(
        self,
        argv: tuple[str, ...],
        timeout_s: float,
        keep: int,
        *,
        shown: bool,
        stdin: BinaryIO | None = None,
    ) -> Observed:
        left = self.runner.allowance.output - self.spent.output_bytes
        excerpt = Excerpt(keep)

        async def sink(stream: Stream, data: bytes) -> None:
            excerpt.add(data)
            if shown:
                await self.runner.sink(stream, data)

        began = trio.current_time()
        command = BoxCommand(
            argv=argv,
            env=self.runner.env,
            timeout_s=max(0.001, min(timeout_s, self.left_s)),
            max_output=max(1, min(left, STEP_OUTPUT)),
            cwd=self.runner.cwd,
        )
        ended = await self.box.run(command, sink, stdin)
        wall_s = trio.current_time() - began
        self.spent.add(ended, wall_s)
        return Observed(ended.reason, ended.code, excerpt.read(), excerpt.size, wall_s)


def _inside(path: str) -> str:
    """A path relative to the working directory. Raises UsageError for one that leaves the workspace."""
    if not path or "\0" in path:
        raise UsageError(f"{path!r} is no path")
    whole = posixpath.normpath(path)
    if whole.startswith((DATA + "/", "/tmp/")):  # noqa: S108 - the sandbox's own
        return whole
    if whole.startswith("/") or whole.split("/")[0] == "..":
        raise UsageError(f"{path} is outside of the workspace")
    return f"./{whole}"
