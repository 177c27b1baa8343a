"""One task, from source to artifacts, in a sandbox."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from chorus_hooks.output import Stream
from chorus_hooks.task import Result, TaskDocument

Phase = Literal[
    "choosing", "preparing", "running", "thinking", "acting", "waiting", "collecting", "verifying"
]
"""`waiting` is for a person, other tasks, a budget or a model, and told by the coordinator."""


@dataclass(frozen=True)
class Assignment:
    """What a worker was told to do: attempt `attempt` of a task. `stdin` feeds the first command.

    `transcript` is the file that the transcript of a goal grows in, line by line. When the attempt does not
    come to an end of its own, the coordinator keeps the whole lines that are there by then.
    """

    task_id: str
    attempt: int
    document: TaskDocument
    stdin: BinaryIO | None = None
    transcript: Path | None = None


class Report(Protocol):
    """Where an executor tells how it goes, while it goes. Soft: only the result counts."""

    async def output(self, stream: Stream, data: bytes) -> None:
        """The task printed something."""
        ...

    async def phase(self, phase: Phase, text: str) -> None:
        """A new phase began; `text` tells a person what and why."""
        ...


@dataclass(frozen=True)
class SandboxChoice:
    """Which backend tasks get here, and why that one. A `weak` one does not enforce every limit."""

    name: str
    why: str
    weak: bool


class Executor(Protocol):
    """Runs assignments. It decides nothing about tasks: it reports what happened."""

    async def execute(self, work: Assignment, report: Report) -> Result:
        """Run one attempt to its end; limits, failures and a missing sandbox are results, not exceptions.

        Cancelling it kills the sandbox and removes it before the cancellation goes on.
        """
        ...

    async def sandbox(self) -> SandboxChoice:
        """What a task that asks for nothing special would get now. Raises Refused, with the cure."""
        ...
