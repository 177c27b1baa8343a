"""What a command does to a task: a pure rule. No clock, no I/O, no memory between two calls.

Two promises hang on this page. A terminal task never changes again, and the first result of the current
attempt is the result; whatever comes later is told so.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from chorus_coordinator.control import (
    Ask,
    Assign,
    Cancel,
    Command,
    Finish,
    Forget,
    Lost,
    Onward,
    Pause,
    Ready,
    Reply,
    Resume,
    Steer,
    Submit,
    Unmet,
    Withdraw,
    digest,
)
from chorus_hooks.task import TERMINAL, Artifact, Reason, Result, State, Task

CAPACITY: Final = "capacity"
DEPENDENCY: Final = "dependency"
APPROVAL: Final = "approval"
PAUSED: Final = "paused"
BUDGET: Final = "budget"
RATE_LIMIT: Final = "rate_limit"
MOST_LOSSES: Final = 5
"""Attempts whose process died. After so many it is the task that kills them, more likely than not."""
MOST_NOTES: Final = 100
"""Of people to one task: each is read again by each attempt."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A task in the view, with what only the rules need.

    `digest` is that of its document, `boot` the process that has the current attempt, `waiter` the one
    that submitted the task and waits for it. `losses` counts the attempts whose process died.
    `asks` is the digest of what the current attempt asks a person; it keeps its process and slot meanwhile.
    A `paused` task is not assigned, and an attempt of it stops at its next step. `notes` counts what people
    said to it.
    """

    task: Task
    digest: str
    boot: str | None = None
    waiter: str | None = None
    losses: int = 0
    asks: str | None = None
    paused: bool = False
    notes: int = 0


@dataclass(frozen=True)
class Changed:
    """The command took effect."""

    record: Record


@dataclass(frozen=True)
class Forgotten:
    """The command took effect, and the task is no more; `record` is what it was."""

    record: Record


@dataclass(frozen=True)
class Receipt:
    """Nothing to do: the task already stands as the command wants it, or has ended."""

    record: Record


@dataclass(frozen=True)
class Rejected:
    """The command has no effect, and why."""

    why: str


Outcome: TypeAlias = Changed | Forgotten | Receipt | Rejected


def apply(record: Record | None, command: Command) -> Outcome:
    """The task after `command`. `record` is the task that the command names, None when unknown."""
    if isinstance(command, Submit):
        return _submit(record, command)
    if record is None:
        return Rejected("no such task")
    if record.task.state in TERMINAL:
        return Forgotten(record) if isinstance(command, Forget) else Receipt(record)
    return _go_on(record, command)


def _go_on(record: Record, command: Onward) -> Outcome:
    """What a command does to a task that has not ended."""
    if isinstance(command, Ask | Reply | Withdraw):
        return _converse(record, command)
    if isinstance(command, Pause | Resume | Steer):
        return _direct(record, command)
    if isinstance(command, Assign | Ready | Unmet):
        return _begin(record, command)
    match command:
        case Finish():
            return _finish(record, command)
        case Lost():
            return _lost(record, command)
        case Cancel():
            result = _nothing(record, "cancelled", "cancelled before it ended")
            return _end(record, command.at, "cancelled", result)
        case Forget():
            return Rejected("it has not ended")


def told(command: Command, record: Record) -> Task:
    """The task as others see it right after `command` has made it so."""
    if record.asks is not None:
        return msgspec.structs.replace(record.task, state="waiting", waiting_for=APPROVAL)
    if record.paused and record.task.state == "waiting":
        return msgspec.structs.replace(record.task, waiting_for=PAUSED)
    if isinstance(command, Reply | Withdraw | Pause | Resume | Steer) and record.task.state == "assigned":
        return msgspec.structs.replace(record.task, state="running")
    return record.task


def outcome_of(result: Result) -> State:
    """The terminal state that a result means."""
    if result.reason == "cancelled":
        return "cancelled"
    return "succeeded" if result.reason == "exited" and result.exit_code == 0 else "failed"


def _submit(record: Record | None, command: Submit) -> Outcome:
    document = digest(command.document)
    if record is not None:
        if record.digest != document:
            return Rejected("this idempotency key belongs to another task document")
        if (record.task.retry_of, record.task.part_of) != (command.retry_of, command.part_of):
            return Rejected("this idempotency key belongs to another submission of the document")
        return Receipt(record)
    task = Task(
        id=command.task,
        document=command.document,
        state="waiting",
        waiting_for=DEPENDENCY if command.document.depends_on else CAPACITY,
        submitted_at=command.at,
        retry_of=command.retry_of,
        part_of=command.part_of,
        traceparent=command.traceparent,
    )
    return Changed(Record(task=task, digest=document, waiter=command.waiter))


def _begin(record: Record, command: Assign | Ready | Unmet) -> Outcome:
    if record.task.state != "waiting":
        return Rejected(f"attempt {record.task.attempt} is still under way")
    return _assign(record, command) if isinstance(command, Assign) else _depend(record, command)


def _assign(record: Record, command: Assign) -> Outcome:
    task = record.task
    if record.paused:
        return Rejected("it is paused")
    if task.waiting_for != CAPACITY:
        return Rejected(f"it waits for {task.waiting_for}")
    if command.attempt != task.attempt + 1:
        return Rejected(f"attempt {command.attempt} does not follow attempt {task.attempt}")
    assigned = msgspec.structs.replace(
        task, state="assigned", waiting_for=None, attempt=command.attempt, worker=command.worker
    )
    return Changed(msgspec.structs.replace(record, task=assigned, boot=command.boot))


def _finish(record: Record, command: Finish) -> Outcome:
    if not _current(record, command.attempt):
        return Rejected(f"attempt {command.attempt} is not the current one")
    result = msgspec.structs.replace(command.result, attempt=command.attempt, worker=record.task.worker or "")
    return _end(record, command.at, outcome_of(result), result)


def _lost(record: Record, command: Lost) -> Outcome:
    if command.attempt != record.task.attempt:
        return Rejected(f"attempt {command.attempt} is not the current one")
    if command.boot == record.waiter:
        result = _nothing(record, "interrupted", "the process that ran it ended early", command.output)
        return _end(record, command.at, "failed", result)
    if record.task.state != "assigned" or command.boot != record.boot:
        return Rejected("that process does not have the attempt")
    losses = record.losses + command.died
    if losses >= MOST_LOSSES:
        result = _nothing(record, "lost", f"{losses} processes died while they ran it", command.output)
        return _end(msgspec.structs.replace(record, losses=losses), command.at, "failed", result)
    waiting = msgspec.structs.replace(record.task, state="waiting", waiting_for=CAPACITY, worker=None)
    return Changed(msgspec.structs.replace(record, task=waiting, boot=None, losses=losses, asks=None))


def _depend(record: Record, command: Ready | Unmet) -> Outcome:
    """What a task depends on is settled once, before its first attempt."""
    task = record.task
    if task.waiting_for != DEPENDENCY:
        return Rejected("it does not wait for another task")
    if isinstance(command, Ready):
        return Changed(
            msgspec.structs.replace(record, task=msgspec.structs.replace(task, waiting_for=CAPACITY))
        )
    if command.dependency not in task.document.depends_on:
        return Rejected(f"it does not depend on {command.dependency}")
    why = f"it depends on {command.dependency[:12]}, which ended as {command.state}"
    return _end(record, command.at, "failed", _nothing(record, "dependency_failed", why))


def _converse(record: Record, command: Ask | Reply | Withdraw) -> Outcome:
    """One question at a time, and the first answer to it is the answer."""
    if not _current(record, command.attempt):
        return Rejected(f"attempt {command.attempt} is not the current one")
    if not isinstance(command, Ask):
        if record.asks != command.digest:
            return Rejected("it does not ask that")
        return Changed(msgspec.structs.replace(record, asks=None))
    if record.asks is None:
        return Changed(msgspec.structs.replace(record, asks=command.digest))
    return Receipt(record) if record.asks == command.digest else Rejected("it asks something else")


def _direct(record: Record, command: Pause | Resume | Steer) -> Outcome:
    """Commands know no step at which they could stop or listen; whoever works on a goal does."""
    goal = record.task.document.kind == "goal"
    match command:
        case Steer():
            if not goal:
                return Rejected("it runs commands, and no model reads what is said to it")
            if record.notes >= MOST_NOTES:
                return Rejected(f"it was told {MOST_NOTES} things already")
            return Changed(msgspec.structs.replace(record, notes=record.notes + 1))
        case Pause():
            if record.paused:
                return Receipt(record)
            if not goal and record.task.state == "assigned":
                return Rejected("its commands run already, and they cannot be paused")
            return Changed(msgspec.structs.replace(record, paused=True))
        case Resume():
            return (
                Changed(msgspec.structs.replace(record, paused=False)) if record.paused else Receipt(record)
            )


def _current(record: Record, attempt: int) -> bool:
    return record.task.state == "assigned" and attempt == record.task.attempt


def _nothing(record: Record, reason: Reason, detail: str, output: Artifact | None = None) -> Result:
    task = record.task
    return Result(reason=reason, detail=detail, attempt=task.attempt, worker=task.worker or "", output=output)


def _end(record: Record, at: str, state: State, result: Result) -> Outcome:
    ended = msgspec.structs.replace(record.task, state=state, waiting_for=None, ended_at=at, result=result)
    return Changed(msgspec.structs.replace(record, task=ended, asks=None, paused=False))
