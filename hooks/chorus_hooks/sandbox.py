"""An isolated place to run commands, and what every such place promises.

Whoever implements this: no network, no credentials, no host paths but read-only system ones, another user
than root, no capabilities, and everything gone when the process that opened it dies. The conformance
suite in `chorus.testing.sandbox` checks each promise with a hostile program.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import BinaryIO, Literal, Protocol, runtime_checkable

from chorus_hooks.output import Stream

Limit = Literal["timeout", "memory", "cpus", "pids", "disk", "inodes", "output"]

ExitReason = Literal["exited", "timeout", "oom", "output_limit", "disk_limit", "sandbox_lost"]

INPUT = "/workspace/input"
DATA = "/workspace/data"
OUTPUT = "/workspace/output"

Sink = Callable[[Stream, bytes], Awaitable[None]]
"""Receives output as it comes. While it waits, the command is held back."""


@dataclass(frozen=True)
class Availability:
    """Whether a sandbox can run here and now. When not, `why` says what is missing and `cure` what to do."""

    ok: bool
    why: str = ""
    cure: str = ""


@dataclass(frozen=True)
class BoxSpec:
    """What one sandbox is opened for. Sizes in bytes.

    `input_size` and `input_files` tell what will be put in, so that quotas are sized for it; the copy in
    /workspace/data does not count against `disk`. `labels` name the owner (agent, boot, task) for the
    cleaner. `ttl_s` is the dead-man limit: after it the sandbox is removed whatever happens.
    """

    image: str | None
    memory: int
    cpus: float
    pids: int
    disk: int
    input_size: int
    input_files: int
    ttl_s: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BoxCommand:
    """One command: an argv, its environment, and how long and how much it may speak.

    `cwd` is absolute inside the sandbox. `max_output` counts stdout and stderr together, in bytes.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    timeout_s: float
    max_output: int
    cwd: str = DATA


@dataclass(frozen=True)
class Exit:
    """How a command ended. `code` is its own (128 + n for signal n) when `reason` is `exited`, else None.

    When it is given back no process of the command is left: background children were killed. `cpu_s`
    and `peak_memory` (bytes) are None where the sandbox cannot tell. `detail` is for a person.
    """

    reason: ExitReason
    code: int | None
    output_bytes: int
    cpu_s: float | None = None
    peak_memory: int | None = None
    detail: str = ""


class Box(Protocol):
    """One open sandbox. Not for concurrent use. Cancelling `run` kills what it started."""

    async def put(self, archive: BinaryIO) -> None:
        """Unpack a tar (a real file, at its start) into INPUT, read-only for the task, and into DATA."""
        ...

    async def run(self, command: BoxCommand, sink: Sink, stdin: BinaryIO | None = None) -> Exit:
        """Run one command in DATA to its end, or to a limit. `stdin` is a real file, pipe or terminal.

        A command that cannot be started ends as in a shell: 127 not found, 126 not executable. Raises
        Unreachable when the sandbox itself is gone.
        """
        ...

    async def collect(self, into: BinaryIO, *, max_bytes: int) -> bool:
        """Write a tar of DATA (members `data/…`) and OUTPUT (`output/…`) into a real file.

        The tar is hostile: whoever unpacks it must trust no name, type or size in it. False when it is
        not whole: unreadable files, or more than `max_bytes`.
        """
        ...


class Channel(Protocol):
    """The stdin and stdout of a program that runs beside the commands of a box. One reads it, one writes."""

    async def receive(self) -> bytes:
        """The next bytes that it says; none when it has ended. What is not read holds it back."""
        ...

    async def send(self, data: bytes) -> None:
        """Tell it something; waits while it does not listen. Raises Unreachable once it was heard to end."""
        ...


@runtime_checkable
class Accompanied(Protocol):
    """A `Box` that can have a program beside its commands: an ability that a backend need not have."""

    def beside(self, argv: tuple[str, ...]) -> AbstractAsyncContextManager[Channel]:
        """Run a program that shares the loopback of the commands, in `/`, until the block is left.

        One at a time, begun and ended while no command runs. It is as confined as the commands are, it is no
        leftover of any, and no command can end it. It counts as one of the box's processes, so it may start
        no other one, and it has to end when its stdin does. A program that cannot be started is one that
        ends without a word. Raises Unreachable when the sandbox is gone.
        """
        ...


class Sandbox(Protocol):
    """One backend, registered by `chorus_register_sandboxes`."""

    @property
    def name(self) -> str:
        """`docker`, `bwrap`, …"""
        ...

    @property
    def needs_image(self) -> bool:
        """Whether it runs container images; when not, it runs this machine's own toolchain."""
        ...

    @property
    def enforces(self) -> frozenset[Limit]:
        """The limits that it holds on this machine, each proven by the conformance suite."""
        ...

    async def probe(self, image: str | None) -> Availability:
        """Whether it could open a sandbox (with this image) now. Bounded in time; never raises for a no."""
        ...

    def open(self, spec: BoxSpec) -> AbstractAsyncContextManager[Box]:
        """Open a sandbox; leaving it removes everything. Raises Unreachable or Refused, with the cure."""
        ...

    async def reap(self, alive: Callable[[str], bool]) -> int:
        """Remove sandboxes whose `boot` label is not alive any more; returns how many went."""
        ...


class Sandboxes(Protocol):
    """Every registered backend, in the order in which `auto` tries them. Provided by the core."""

    def all(self) -> tuple[Sandbox, ...]:
        """All of them."""
        ...

    def get(self, name: str) -> Sandbox:
        """The one of that name. Raises UsageError that names those there are."""
        ...
