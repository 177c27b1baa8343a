"""Work towards a goal: a model says what to do next, and an open sandbox does it.

Whoever provides `Reasoner` decides nothing about success: it brings an attempt to an `Ending`, and what
`verify` says in a clean room is the verdict.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from chorus_hooks.executor import Assignment, Report
from chorus_hooks.sandbox import ExitReason
from chorus_hooks.task import Changes, Reason, Source, Thinking

Standing = Literal["submitted", "ended"]


@dataclass(frozen=True)
class Observed:
    """How one action in the sandbox ended.

    `code` and `reason` as in `Exit`; `output` is stdout and stderr as they came, the middle left out when
    it was long; `size` is all of it, in bytes.
    """

    reason: ExitReason
    code: int | None
    output: bytes
    size: int
    wall_s: float


@dataclass(frozen=True)
class Clash:
    """A change that was not taken over: part `part` (from 0) changed `path` otherwise than `taken` before it.

    `diff` shows in a few lines what it has instead.
    """

    part: int
    path: str
    taken: int
    diff: str


@dataclass(frozen=True)
class Merged:
    """What was taken over: the paths that each part gave, and what clashed."""

    files: tuple[tuple[str, ...], ...]
    clashes: tuple[Clash, ...] = ()


class Lasting(Protocol):
    """Whatever is kept for a while, such as an open sandbox."""

    @property
    def lasts_s(self) -> float:
        """Seconds that the sandbox is still kept, however little of them is spent on commands."""
        ...


class Workbench(Lasting, Protocol):
    """An open sandbox with the source in it, under the limits of one task. Not for concurrent use.

    What commands print is reported as output of the task by the bench itself, while it comes.
    """

    @property
    def left_s(self) -> float:
        """Seconds of the task's time limit that are left."""
        ...

    async def run(self, line: str, *, timeout_s: float, keep: int) -> Observed:
        """Run one shell line in the working directory; keep at most `keep` bytes of its output.

        A limit that kills the command is told as the reason, and the bench can be used further. Raises
        Unreachable when the sandbox is gone.
        """
        ...

    async def write(self, path: str, content: bytes) -> Observed:
        """Write a file, its directories too; `path` is relative to the working directory."""
        ...

    async def read(self, path: str, *, most: int) -> bytes | None:
        """The first `most` bytes of a file; None when it cannot be read."""
        ...

    async def snapshot(self) -> Source:
        """The project as it stands now, as a source for another task.

        Raises Refused when it cannot be read as a whole, Unreachable when the sandbox is gone.
        """
        ...

    async def merge(self, parts: Sequence[Changes | None]) -> Merged:
        """Take over what tasks changed in a snapshot, in order; None stands for one that gives nothing.

        Of two that changed one file, the first counts. Raises Refused when the changes cannot be read or
        written, Unreachable when the sandbox is gone.
        """
        ...


@dataclass(frozen=True)
class Ending:
    """How the work of a model ended. `submitted` alone goes to verification; else `reason` says why not."""

    standing: Standing
    thinking: Thinking
    reason: Reason = "exited"
    detail: str = ""


class Reasoner(Protocol):
    """Works on goal tasks."""

    async def ready(self, assignment: Assignment) -> Ending | None:
        """Why this would end before its first step; None when it may be begun. Cheap: no model is asked.

        It is asked before a sandbox is opened for the work.
        """
        ...

    async def work(self, assignment: Assignment, language: str, bench: Workbench, report: Report) -> Ending:
        """Work until the model submits, gives up, or a limit ends it. Each ending has a reason of its own.

        What the model says and what comes of it is reported as the output of the task, for people; the
        transcript, a blob, has all of it.
        """
        ...


class Roles(Protocol):
    """The roles that goals can name."""

    def check(self, role: str) -> None:
        """Raises UsageError, naming those there are, when it is none of them. Blocks on the disk."""
        ...
