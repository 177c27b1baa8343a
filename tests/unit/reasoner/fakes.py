"""A world for the reasoner: a provider that plays a script, a bench with files, a report that remembers.

The provider is scripted by the test and says so by its name: nothing thinks here.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import trio

from chorus_hooks.blob import Blob, BlobUsage
from chorus_hooks.direction import Note, SoftWait
from chorus_hooks.errors import Refused, Unreachable, UsageError
from chorus_hooks.executor import Assignment, Phase
from chorus_hooks.gate import Answer, OpenQuestion, Question
from chorus_hooks.output import Stream
from chorus_hooks.provider import Chat, ChatRequest, Model, ProviderFault, ProviderHealth, Tokens, ToolCall
from chorus_hooks.reasoner import Ending, Merged, Observed
from chorus_hooks.scanner import Finding
from chorus_hooks.setting import Setting
from chorus_hooks.task import Changes, Limits, Source, Task, TaskDocument
from chorus_reasoner.library import Library
from chorus_reasoner.market import Market
from chorus_reasoner.reasoner import LoopReasoner
from chorus_reasoner.settings import SETTINGS

T = TypeVar("T")

USED = Tokens(100, 10, told=True)
NO_LIMITS = Limits()


@dataclass
class Config:
    """Settings at their defaults, but for those that the test sets."""

    values: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, setting: Setting[T]) -> T:
        assert setting in SETTINGS
        value: T = self.values.get(setting.name, setting.default)
        return value

    def explicit(self, setting: Setting[Any]) -> bool:
        return setting.name in self.values


@dataclass
class Say:
    """One reply of the script: pieces of text, calls, then a fault or a silence if the test wants one."""

    pieces: tuple[str, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    fault: ProviderFault | None = None
    silent: bool = False
    tokens: Tokens = USED
    shortened: bool = False
    endless: bool = False


def say(text: str) -> Say:
    return Say((text,))


def bash(line: str) -> Say:
    return say(f"I try this.\n```bash\n{line}\n```\n")


def call(name: str, arguments: str, id_: str = "c1") -> Say:
    return Say(calls=(ToolCall(id_, name, arguments),))


def fault(kind: Any, message: str = "it broke", after: tuple[str, ...] = (), **more: Any) -> Say:
    return Say(after, fault=ProviderFault(kind, message, **more))


class PlayedChat:
    """One reply, as it comes."""

    def __init__(self, step: Say) -> None:
        self._step = step
        self.calls: tuple[ToolCall, ...] = ()
        self.tokens = Tokens()
        self.shortened = False

    async def __aiter__(self) -> AsyncIterator[str]:
        for piece in self._step.pieces:
            await trio.lowlevel.checkpoint()
            yield piece
        while self._step.endless:
            await trio.lowlevel.checkpoint()
            yield "and so on " * 100
        if self._step.silent:
            await trio.sleep_forever()
        if self._step.fault is not None:
            raise self._step.fault
        self.calls, self.tokens, self.shortened = self._step.calls, self._step.tokens, self._step.shortened


@dataclass
class Scripted:
    """Implements `Provider` by a script. Who has none left repeats `rest`."""

    name: str
    script: list[Say]
    offered: tuple[Model, ...] = (Model("scripted", 8192),)
    ready: bool = True
    list_fault: ProviderFault | None = None
    rest: Say | None = None
    asked: list[ChatRequest] = field(default_factory=list)
    listed: int = 0
    open: int = 0

    async def models(self) -> tuple[Model, ...]:
        self.listed += 1
        await trio.lowlevel.checkpoint()
        if self.list_fault is not None:
            raise self.list_fault
        return self.offered

    @asynccontextmanager
    async def chat(self, request: ChatRequest) -> AsyncIterator[Chat]:
        self.asked.append(request)
        step = self.script.pop(0) if self.script else self.rest
        assert step is not None, "the script is at its end"
        self.open += 1
        try:
            yield PlayedChat(step)
        finally:
            self.open -= 1

    async def health(self) -> ProviderHealth:
        return ProviderHealth(True, "it is scripted")


@dataclass
class Bench:
    """Implements `Workbench` over files in memory: `cat`, `echo`, `rm`, `sleep`, and what a test adds."""

    files: dict[str, bytes] = field(default_factory=dict)
    commands: dict[str, Callable[["Bench"], Observed]] = field(default_factory=dict)
    left_s: float = 600.0
    lasts_s: float = 86400.0
    gone: bool = False
    lines: list[str] = field(default_factory=list)
    given: list[Changes | None] = field(default_factory=list)
    merged: Merged = field(default_factory=lambda: Merged(((), ())))

    async def run(self, line: str, *, timeout_s: float, keep: int) -> Observed:
        await trio.lowlevel.checkpoint()
        if self.gone:
            raise Unreachable("the sandbox is gone")
        self.lines.append(line)
        self.left_s -= 1.0
        if line in self.commands:
            return self.commands[line](self)
        name, _, rest = line.partition(" ")
        if name == "cat" and rest in self.files:
            return printed(self.files[rest])
        if name == "echo":
            return printed(rest.encode() + b"\n")
        if name == "rm" and rest in self.files:
            del self.files[rest]
            return printed(b"")
        if name == "sleep":
            self.left_s -= min(timeout_s, float(rest))
            return Observed("timeout", None, b"", 0, min(timeout_s, float(rest)))
        return printed(f"sh: {name}: not found\n".encode(), 127)

    async def write(self, path: str, content: bytes) -> Observed:
        await trio.lowlevel.checkpoint()
        if path.startswith(("/", "..")):
            raise UsageError(f"{path} is outside of the workspace")
        self.files[path] = content
        return printed(b"")

    async def read(self, path: str, *, most: int) -> bytes | None:
        await trio.lowlevel.checkpoint()
        content = self.files.get(path)
        return None if content is None else content[:most]

    async def snapshot(self) -> Source:
        return Source(sha256="5" * 64)

    async def merge(self, parts: Sequence[Changes | None]) -> Merged:
        self.given = list(parts)
        return self.merged


@dataclass
class Parts:
    """Implements `chorus_hooks.subtasks.Subtasks`: what becomes of each part is the test's to say."""

    ends: list[Task] = field(default_factory=list)
    depth: int = 2
    refuses: str = ""
    asked: list[TaskDocument] = field(default_factory=list)

    async def depth_left(self, task_id: str) -> int:
        return self.depth

    async def run(
        self, parent: Assignment, parts: Sequence[TaskDocument], *, timeout_s: float
    ) -> tuple[Task, ...]:
        await trio.lowlevel.checkpoint()
        if self.refuses:
            raise Refused(self.refuses)
        self.asked += parts
        return tuple(self.ends[: len(parts)])


def printed(output: bytes, code: int = 0) -> Observed:
    return Observed("exited", code, output, len(output), 0.5)


@dataclass
class Report:
    """Implements `chorus_hooks.executor.Report`."""

    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    phases: list[tuple[Phase, str]] = field(default_factory=list)

    async def output(self, stream: Stream, data: bytes) -> None:
        (self.stdout if stream == 1 else self.stderr).extend(data)

    async def phase(self, phase: Phase, text: str) -> None:
        self.phases.append((phase, text))


class Writer:
    def __init__(self, blobs: "MemoryBlobs") -> None:
        self._blobs = blobs
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        if self._blobs.full:
            raise Refused("the store is full")
        self._data += data
        return len(data)

    def commit(self) -> Blob:
        name = hashlib.sha256(self._data).hexdigest()
        self._blobs.kept[name] = bytes(self._data)
        return Blob(name, len(self._data))


class MemoryBlobs:
    """Implements what a reasoner uses of `Blobs`."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.full = False

    def create(self) -> AbstractContextManager[Writer]:
        @contextmanager
        def created() -> Iterator[Writer]:
            yield Writer(self)

        return created()

    def open(self, sha256: str) -> BinaryIO:
        raise NotImplementedError

    def find(self, sha256: str) -> Blob | None:
        raise NotImplementedError

    def usage(self) -> BlobUsage:
        raise NotImplementedError

    def prune(self, *, grace_s: float, dry_run: bool = False) -> tuple[Blob, ...]:
        raise NotImplementedError


class Words:
    """A scanner for which one word is a secret."""

    def scan(self, text: str, *, where: str) -> list[Finding]:
        return []

    def scan_variable(self, name: str, value: str) -> list[Finding]:
        return []

    def redact(self, text: str) -> str:
        return text.replace("hunter22", "[REDACTED word]")


@dataclass
class Person:
    """Implements `chorus_hooks.gate.Gate` with one answer for everything."""

    says: bool
    asked: list[Question] = field(default_factory=list)
    timeouts: list[float] = field(default_factory=list)

    async def ask(self, question: Question, *, timeout_s: float) -> Answer:
        self.asked.append(question)
        self.timeouts.append(timeout_s)
        return Answer(self.says, "me", "2026-01-01T00:00:00Z")

    async def answer(self, task_id: str, digest: str, *, approved: bool, why: str = "") -> OpenQuestion:
        raise NotImplementedError

    async def waiting(self) -> int:
        raise NotImplementedError

    async def open(self) -> tuple[OpenQuestion, ...]:
        raise NotImplementedError


@dataclass
class Guide:
    """Implements `chorus_hooks.direction.Direction`: says at each boundary what the test has put there.

    None is a boundary that does not end.
    """

    says: list[tuple[str, ...] | None] = field(default_factory=list)
    priced: bool = False
    charged: list[tuple[int, float | None]] = field(default_factory=list)
    waits: list[tuple[SoftWait, str]] = field(default_factory=list)
    asked: int = 0
    _notes: list[Note] = field(default_factory=list)

    async def boundary(self, task_id: str, attempt: int, *, heard: int = 0) -> tuple[Note, ...]:
        await trio.lowlevel.checkpoint()
        self.asked += 1
        fresh = self.says.pop(0) if self.says else ()
        if fresh is None:
            await trio.sleep_forever()
        for text in fresh:
            self._notes.append(Note(len(self._notes) + 1, "2026-01-01T00:00:00Z", "me", text))
        return tuple(self._notes[heard:])

    async def spent(self, task_id: str, attempt: int, *, tokens: int, cost: float | None) -> None:
        await trio.lowlevel.checkpoint()
        self.charged.append((tokens, cost))

    @asynccontextmanager
    async def waiting(self, task_id: str, attempt: int, reason: SoftWait, why: str) -> AsyncIterator[None]:
        self.waits.append((reason, why))
        yield


@dataclass
class World:
    """All that an attempt needs; `work` runs one."""

    scratch: Path
    providers: list[Scripted] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    bench: Bench = field(default_factory=Bench)
    report: Report = field(default_factory=Report)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    gate: Person | None = None
    direction: Guide | None = None
    parts: Parts | None = None
    reloads: int = 0
    reasoner: LoopReasoner | None = None

    def made(self) -> LoopReasoner:
        if self.reasoner is None:
            names = tuple(provider.name for provider in self.providers)
            config = Config({"CHORUS_AI_PROVIDERS": names, **self.settings})
            self.reasoner = LoopReasoner(
                config=config,
                market=Market(config, lambda: self.providers, lambda: self.reloads),
                library=Library(lambda: None, lambda: None, lambda: self.reloads),
                blobs=self.blobs,
                scanner=Words(),
                scratch=self.scratch,
                gate=self.gate,
                direction=self.direction,
                subtasks=self.parts,
            )
        return self.reasoner

    async def work(self, goal: str = "make it right", *, limits: Limits = NO_LIMITS, **fields: Any) -> Ending:
        document = TaskDocument(
            kind="goal", goal=goal, verify=("python3 -m unittest",), limits=limits, **fields
        )
        return await self.made().work(Assignment("t1", 1, document), "python", self.bench, self.report)

    def transcript(self, ending: Ending) -> list[bytes]:
        artifact = ending.thinking.transcript
        assert artifact is not None
        return self.blobs.kept[artifact.sha256].splitlines(keepends=True)


def requests_of(world: World) -> Mapping[str, int]:
    return {provider.name: len(provider.asked) for provider in world.providers}
