"""The commands that change a task's fate, as they stand in the control log.

Each carries its time, stamped by whoever proposes it, and every choice that was made: applying one reads
no clock and throws no dice, so any two who apply the same commands hold the same tasks.
"""

import hashlib
from typing import TypeAlias

import msgspec
import rfc8785

from chorus_hooks.task import Artifact, Result, TaskDocument


class Submit(msgspec.Struct, frozen=True, kw_only=True, tag="submit", tag_field="kind"):
    """A task enters. `waiter` is the boot that waits for it in the foreground and dies with it."""

    task: str
    at: str
    document: TaskDocument
    waiter: str | None = None


class Assign(msgspec.Struct, frozen=True, kw_only=True, tag="assign", tag_field="kind"):
    """Attempt `attempt` is the worker's: a peer id, in the process `boot`."""

    task: str
    at: str
    attempt: int
    worker: str
    boot: str


class Finish(msgspec.Struct, frozen=True, kw_only=True, tag="result", tag_field="kind"):
    """What came out of an attempt. The first one of the current attempt ends the task."""

    task: str
    at: str
    attempt: int
    result: Result


class Lost(msgspec.Struct, frozen=True, kw_only=True, tag="lost", tag_field="kind"):
    """The process `boot`, which had the attempt or waited for the task, is gone.

    `attempt` is 0 for a task that nobody had begun. `output` is what the attempt had printed.
    """

    task: str
    at: str
    attempt: int
    boot: str
    output: Artifact | None = None


class Cancel(msgspec.Struct, frozen=True, kw_only=True, tag="cancel", tag_field="kind"):
    """Somebody wants the task to end."""

    task: str
    at: str


Command: TypeAlias = Submit | Assign | Finish | Lost | Cancel


def encode(value: object) -> bytes:
    """Canonical JSON (RFC 8785) of a struct: equal values have equal bytes, at every node."""
    return rfc8785.dumps(msgspec.to_builtins(value))


def decode(raw: bytes | str) -> Command:
    """A command as `encode` wrote it."""
    command: Command = msgspec.json.decode(raw, type=Command)
    return command


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(encode(value)).hexdigest()


def task_id(project: str, key: str) -> str:
    """The id that (project, idempotency key) has at every node: 32 hex digits."""
    return digest(["chorus/task/1", project, key])[:32]
