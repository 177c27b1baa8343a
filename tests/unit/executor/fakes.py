"""A sandbox, a blob store and a node that live in memory and speak the Protocols."""

import hashlib
import io
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from chorus_executor.executor import LocalExecutor
from chorus_executor.settings import IMAGES
from chorus_hooks.blob import Blob, BlobUsage
from chorus_hooks.errors import NotFound, Refused, UsageError
from chorus_hooks.executor import Assignment, Phase
from chorus_hooks.output import STDOUT, Stream
from chorus_hooks.reasoner import Reasoner
from chorus_hooks.sandbox import Availability, Box, BoxCommand, BoxSpec, Exit, Limit, Sandbox, Sink
from chorus_hooks.task import Result, Source, TaskDocument

ALL_LIMITS: frozenset[Limit] = frozenset(("timeout", "memory", "cpus", "pids", "disk", "inodes", "output"))


class MemoryBlobs:
    """Blobs in a dict. `room` is how many bytes it takes."""

    def __init__(self, room: int = 1 << 40) -> None:
        self.stored: dict[str, bytes] = {}
        self.room = room

    @contextmanager
    def create(self) -> Iterator["_Writer"]:
        yield _Writer(self)

    def open(self, sha256: str) -> BinaryIO:
        if len(sha256) != 64:
            raise UsageError(f"{sha256} is no hash")
        if sha256 not in self.stored:
            raise NotFound(f"blob {sha256[:12]} is not here")
        return io.BytesIO(self.stored[sha256])

    def find(self, sha256: str) -> Blob | None:
        return Blob(sha256, len(self.stored[sha256])) if sha256 in self.stored else None

    def usage(self) -> BlobUsage:
        return BlobUsage(len(self.stored), sum(map(len, self.stored.values())), self.room)

    def prune(self, *, grace_s: float, dry_run: bool = False) -> tuple[Blob, ...]:
        raise AssertionError("an executor does not prune")


class _Writer:
    def __init__(self, blobs: MemoryBlobs) -> None:
        self._blobs = blobs
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        if len(self._data) + len(data) > self._blobs.room:
            raise Refused("the blob store is full", hint="chorus prune")
        self._data += data
        return len(data)

    def commit(self) -> Blob:
        sha256 = hashlib.sha256(self._data).hexdigest()
        self._blobs.stored[sha256] = bytes(self._data)
        return Blob(sha256, len(self._data))


@dataclass
class Files:
    """What a program in the fake sandbox sees: the two trees, and how to print."""

    data: dict[str, bytes]
    output: dict[str, bytes]
    command: BoxCommand
    stdin: BinaryIO | None
    say: Callable[[bytes], Awaitable[None]]


Program = Callable[[Files], Awaitable[Exit | int | None]]


@dataclass
class FakeBox:
    """Runs Python functions as programs; `programs` maps the last word of an argv to one."""

    programs: Mapping[str, Program]
    data: dict[str, bytes] = field(default_factory=dict)
    output: dict[str, bytes] = field(default_factory=dict)
    archive: bytes | None = None
    whole: bool = True
    commands: list[BoxCommand] = field(default_factory=list)

    async def put(self, archive: BinaryIO) -> None:
        assert archive.tell() == 0
        with tarfile.open(fileobj=archive) as tar:
            for member in tar:
                reader = tar.extractfile(member) if member.isfile() else None
                if reader is not None:
                    self.data[member.name] = reader.read()

    async def run(self, command: BoxCommand, sink: Sink, stdin: BinaryIO | None = None) -> Exit:
        self.commands.append(command)
        printed = 0

        async def say(data: bytes) -> None:
            nonlocal printed
            printed += len(data)
            await sink(STDOUT, data)

        ended = await self.programs[command.argv[-1]](Files(self.data, self.output, command, stdin, say))
        if isinstance(ended, Exit):
            return ended
        return Exit("exited", ended or 0, printed, cpu_s=0.25, peak_memory=1000)

    async def collect(self, into: BinaryIO, *, max_bytes: int) -> bool:
        into.write(self.archive if self.archive is not None else self._tar())
        return self.whole

    def _tar(self) -> bytes:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
            for root, files in (("data", self.data), ("output", self.output)):
                for name, content in files.items():
                    info = tarfile.TarInfo(f"{root}/{name}")
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))
        return buffer.getvalue()


@dataclass
class FakeSandbox:
    """A backend whose boxes are made by `box`; it counts how many are open."""

    name: str = "fake"
    needs_image: bool = False
    enforces: frozenset[Limit] = ALL_LIMITS
    available: Availability = field(default_factory=lambda: Availability(True))
    programs: Mapping[str, Program] = field(default_factory=dict)
    box: Callable[[Mapping[str, Program]], FakeBox] = FakeBox
    boxes: list[FakeBox] = field(default_factory=list)
    specs: list[BoxSpec] = field(default_factory=list)
    probed: list[str | None] = field(default_factory=list)
    open_now: int = 0
    reaped: int = 0

    async def probe(self, image: str | None) -> Availability:
        self.probed.append(image)
        return self.available

    @asynccontextmanager
    async def open(self, spec: BoxSpec) -> AsyncIterator[Box]:
        self.specs.append(spec)
        self.boxes.append(self.box(self.programs))
        self.open_now += 1
        try:
            yield self.boxes[-1]
        finally:
            self.open_now -= 1

    async def reap(self, alive: Callable[[str], bool]) -> int:
        self.reaped += 1
        return 0


class FakeSandboxes:
    """Some backends, in order."""

    def __init__(self, *sandboxes: Sandbox) -> None:
        self._sandboxes = sandboxes

    def all(self) -> tuple[Sandbox, ...]:
        return self._sandboxes

    def get(self, name: str) -> Sandbox:
        for sandbox in self._sandboxes:
            if sandbox.name == name:
                return sandbox
        raise UsageError(f"there is no sandbox {name}")


@dataclass
class FakeNode:
    """A node on a temporary directory."""

    state_dir: Path
    boot: str = "0" * 32
    serving: bool = False
    version: str = "0"

    @property
    def scratch(self) -> Path:
        return self.state_dir

    def alive(self, boot: str) -> bool:
        return boot == self.boot


@dataclass
class Recorder:
    """A Report that remembers."""

    printed: bytearray = field(default_factory=bytearray)
    phases: list[tuple[Phase, str]] = field(default_factory=list)

    async def output(self, stream: Stream, data: bytes) -> None:
        self.printed += data

    async def phase(self, phase: Phase, text: str) -> None:
        self.phases.append((phase, text))


@dataclass
class Bench:
    """An executor with everything around it."""

    path: Path
    sandbox: FakeSandbox = field(default_factory=FakeSandbox)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    report: Recorder = field(default_factory=Recorder)
    reasoner: Reasoner | None = None
    goal_wait_s: float = 0.0

    def programs(self, **programs: Program) -> None:
        self.sandbox.programs = programs

    def source(self, files: Mapping[str, bytes]) -> Source:
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        with self.blobs.create() as writer:
            writer.write(buffer.getvalue())
            return Source(sha256=writer.commit().sha256)

    async def execute(self, document: TaskDocument, stdin: BinaryIO | None = None) -> Result:
        executor = LocalExecutor(
            node=FakeNode(self.path),
            blobs=self.blobs,
            sandboxes=FakeSandboxes(self.sandbox),
            sandbox="auto",
            images={language: setting.default for language, setting in IMAGES.items()},
            goal_wait_s=self.goal_wait_s,
            reasoner=self.reasoner,
        )
        return await executor.execute(Assignment("t-1", 1, document, stdin), self.report)

    def contents(self, sha256: str) -> dict[str, bytes]:
        """The files of a tar blob."""
        with tarfile.open(fileobj=self.blobs.open(sha256)) as tar:
            readers = {member.name: tar.extractfile(member) for member in tar if member.isfile()}
            return {name: reader.read() for name, reader in readers.items() if reader}
