"""A state dir with the real journal and blobs, and an executor that the test plays."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import trio

from chorus_coordinator import clock
from chorus_coordinator.budget import UNLIMITED, Budget, Scope
from chorus_coordinator.direction import LocalDirection
from chorus_coordinator.direction import serve as serve_direction
from chorus_coordinator.gate import LocalGate
from chorus_coordinator.gate import serve as serve_gate
from chorus_coordinator.ledger import Ledger
from chorus_coordinator.service import serve, serve_store
from chorus_coordinator.store import Store
from chorus_hooks.blob import Blobs
from chorus_hooks.coordinator import Coordinator, TaskOutput
from chorus_hooks.direction import Direction, Note
from chorus_hooks.errors import Refused
from chorus_hooks.event import Events
from chorus_hooks.executor import Assignment, Executor, Report, SandboxChoice
from chorus_hooks.gate import Answer, Gate, Question
from chorus_hooks.identity import Identity
from chorus_hooks.journal import Journal
from chorus_hooks.members import Member
from chorus_hooks.node import Node
from chorus_hooks.scanner import Finding, Scanner
from chorus_hooks.task import Result, Task, TaskDocument
from chorus_identity.key_pair import KeyPair
from chorus_identity.service import serve as serve_identity
from chorus_journal.blob_service import open_blobs
from chorus_journal.journal import SqliteJournal, open_journal

T = TypeVar("T")
Play = Callable[[Assignment, Report], Awaitable[Result]]


async def succeed(work: Assignment, report: Report) -> Result:
    """What most tasks do."""
    await report.phase("running", "1 command")
    await report.output(1, b"hello\n")
    return Result(reason="exited", exit_code=0)


@dataclass
class Asker:
    """A STAND-IN for a reasoner: before it "runs" a command, it asks a person whether it may.

    `said` is what it was told. It makes the same question of each attempt, as a restarted reasoner would.
    """

    timeout_s: float = 60.0
    said: list[Answer] = field(default_factory=list)
    gate: Gate | None = None

    async def __call__(self, work: Assignment, report: Report) -> Result:
        assert self.gate is not None
        text = str(work.document.commands[0])
        question = Question(work.task_id, work.attempt, "command", text)
        answer = await self.gate.ask(question, timeout_s=self.timeout_s)
        self.said.append(answer)
        return Result(reason="exited" if answer.approved else "denied", exit_code=0)


@dataclass
class Stepper:
    """A STAND-IN for a reasoner: it comes to the boundary of a step whenever the test lets it.

    `heard` is what it was told at each. The work ends with the last of its `steps`.
    """

    steps: int = 1
    heard: list[tuple[Note, ...]] = field(default_factory=list)
    at: list[tuple[str, int]] = field(default_factory=list)
    may: trio.Semaphore = field(default_factory=lambda: trio.Semaphore(0))
    tokens: int = 0
    direction: Direction | None = None

    async def __call__(self, work: Assignment, report: Report) -> Result:
        assert self.direction is not None
        known = 0
        for _ in range(self.steps):
            await self.may.acquire()
            self.at.append((work.task_id, work.attempt))
            notes = await self.direction.boundary(work.task_id, work.attempt, heard=known)
            known = notes[-1].n if notes else known
            self.heard.append(notes)
            await self.direction.spent(work.task_id, work.attempt, tokens=self.tokens, cost=None)
        return Result(reason="exited", exit_code=0)


@dataclass
class PlayedExecutor:
    """Executes by the test's own function; `gone` says why there is no sandbox."""

    play: Play = succeed
    started: list[tuple[str, int]] = field(default_factory=list)
    gone: str = ""

    async def execute(self, work: Assignment, report: Report) -> Result:
        self.started.append((work.task_id, work.attempt))
        return await self.play(work, report)

    async def sandbox(self) -> SandboxChoice:
        if self.gone:
            raise Refused(self.gone, hint="start it")
        return SandboxChoice("played", "the test plays it", weak=False)


class NamedSecrets:
    """Finds what is called a token."""

    def scan(self, text: str, *, where: str) -> list[Finding]:
        return [Finding("name", where, "TO***")] if "TOKEN" in text else []

    def scan_variable(self, name: str, value: str) -> list[Finding]:
        return [Finding("name", name, value[:2] + "***")] if "TOKEN" in name else []

    def redact(self, text: str) -> str:
        return text.replace("TOKEN", "[REDACTED name]")


@dataclass
class Boots:
    """Boot ids that live, shared by the nodes of one state dir."""

    living: set[str] = field(default_factory=set)


@dataclass
class FakeNode:
    state_dir: Path
    boot: str
    boots: Boots
    serving: bool = False
    version: str = "0.0.0"

    @property
    def scratch(self) -> Path:
        return self.state_dir

    def alive(self, boot: str) -> bool:
        return boot in self.boots.living


@dataclass
class Heard:
    """Every change that was told."""

    tasks: list[Task] = field(default_factory=list)
    peers: list[Member] = field(default_factory=list)

    def task_changed(self, task: Task) -> None:
        self.tasks.append(task)

    def peer_changed(self, member: Member) -> None:
        self.peers.append(member)


class Given:
    def __init__(self, providers: Mapping[type[Any], object]) -> None:
        self._providers = providers

    def get(self, kind: type[T]) -> T:
        return self._providers[kind]  # type: ignore[return-value]


@dataclass
class Running:
    """One node of the state dir, at work."""

    coordinator: Coordinator
    journal: SqliteJournal
    blobs: Blobs
    identity: KeyPair
    executor: PlayedExecutor
    heard: Heard
    boot: str
    numbers: dict[str, int]
    gate: LocalGate
    direction: LocalDirection
    budgets: dict[Scope, Budget]

    async def end(self, task_id: str) -> Task:
        """Wait for a task's end."""
        with trio.fail_after(20):
            async with aclosing(self.coordinator.follow(task_id)) as events:
                *_, last = [event async for event in events]
        assert isinstance(last, Task)
        return last

    async def printed(self, task_id: str, offset: int = 0, attempt: int = 1) -> bytes:
        """What a task printed."""
        pieces = [
            event.data
            async for event in self.coordinator.follow(task_id, offset=offset, attempt=attempt, wait=False)
            if isinstance(event, TaskOutput)
        ]
        return b"".join(pieces)


@asynccontextmanager
async def node(
    state_dir: Path,
    boots: Boots,
    play: Play = succeed,
    *,
    slots: int = 2,
    quota: int = 1 << 30,
    serving: bool = False,
    max_queued: int = 10_000,
    budgets: dict[Scope, Budget] | None = None,
    today: Callable[[], str] = clock.today,
    wrap: Callable[[SqliteJournal], Journal] = lambda journal: journal,
) -> AsyncIterator[Running]:
    """Start a node on a state dir, as the supervisor would; `wrap` may stand between it and its journal."""
    boot = secrets.token_hex(16)
    place = FakeNode(state_dir, boot, boots, serving)
    numbers = {"slots": slots, "max_queued": max_queued}
    executor, heard = PlayedExecutor(play), Heard()
    limits = {} if budgets is None else budgets
    ledger = Ledger(lambda scope: limits.get(scope, UNLIMITED), today)
    boots.living.add(boot)
    try:
        async with (
            serve_identity(place) as identity,
            open_journal(place, identity) as journal,
            open_blobs(place, quota) as blobs,
            serve_store(Given({Journal: wrap(journal), Identity: identity, Events: heard})) as store,
        ):
            given = Given(
                {
                    Store: store,
                    Blobs: blobs,
                    Node: place,
                    Identity: identity,
                    Scanner: NamedSecrets(),
                    Executor: executor,
                }
            )
            async with serve_gate(given) as gate, serve_direction(given, ledger) as direction:
                if isinstance(play, Asker):
                    play.gate = gate
                if isinstance(play, Stepper):
                    play.direction = direction
                async with serve(
                    given, lambda: numbers["slots"], lambda: numbers["max_queued"], ledger
                ) as coordinator:
                    yield Running(
                        coordinator,
                        journal,
                        blobs,
                        identity,
                        executor,
                        heard,
                        boot,
                        numbers,
                        gate,
                        direction,
                        limits,
                    )
    finally:
        boots.living.discard(boot)


def goal(text: str = "make it right", **fields: Any) -> TaskDocument:
    """A task with a goal."""
    return TaskDocument(kind="goal", goal=text, verify=("true",), **fields)


def shell(line: str = "true", **fields: Any) -> TaskDocument:
    """A task of one shell line."""
    return TaskDocument(commands=(line,), **fields)
