"""The commands that change a task's fate, as they stand in the control log.

Each carries its time, stamped by whoever proposes it, and every choice that was made: applying one reads
no clock and throws no dice, so any two who apply the same commands hold the same tasks.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import msgspec
import rfc8785

from chorus_hooks.gate import Subject
from chorus_hooks.task import Artifact, Result, State, TaskDocument


class Submit(msgspec.Struct, frozen=True, kw_only=True, tag="submit", tag_field="kind"):
    """A task enters. `waiter` is the boot that waits for it in the foreground and dies with it.

    `retry_of` is the ended task whose document this is once more, `part_of` the task whose attempt needs it.
    """

    task: str
    at: str
    document: TaskDocument
    waiter: str | None = None
    retry_of: str | None = None
    part_of: str | None = None
    traceparent: str | None = None


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
    """The process `boot`, which had the attempt or waited for the task, is gone, or gives the attempt back.

    `attempt` is 0 for a task that nobody had begun. `output` is what the attempt had printed. `died` tells
    that the process did not stop in order: the task itself may be what killed it.
    """

    task: str
    at: str
    attempt: int
    boot: str
    output: Artifact | None = None
    died: bool = False


class Cancel(msgspec.Struct, frozen=True, kw_only=True, tag="cancel", tag_field="kind"):
    """Somebody wants the task to end."""

    task: str
    at: str


class Forget(msgspec.Struct, frozen=True, kw_only=True, tag="forget", tag_field="kind"):
    """A task that ended long ago is dropped; its id and its idempotency key are free again."""

    task: str
    at: str


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag="ready", tag_field="kind"):
    """All that the task depends on has succeeded."""

    task: str
    at: str


class Unmet(msgspec.Struct, frozen=True, kw_only=True, tag="unmet", tag_field="kind"):
    """`dependency`, on which the task depends, has ended in `state`, and that is no success."""

    task: str
    at: str
    dependency: str
    state: State


class Ask(msgspec.Struct, frozen=True, kw_only=True, tag="ask", tag_field="kind"):
    """The attempt goes on when a person has said yes or no to what has this digest."""

    task: str
    at: str
    attempt: int
    digest: str
    subject: Subject
    until: str


class Reply(msgspec.Struct, frozen=True, kw_only=True, tag="answer", tag_field="kind"):
    """A person said it, or `nobody`, when the time was up. The first one ends the question."""

    task: str
    at: str
    attempt: int
    digest: str
    approved: bool
    by: str
    why: str = ""


class Withdraw(msgspec.Struct, frozen=True, kw_only=True, tag="withdraw", tag_field="kind"):
    """The attempt does not want to know any more."""

    task: str
    at: str
    attempt: int
    digest: str


class Pause(msgspec.Struct, frozen=True, kw_only=True, tag="pause", tag_field="kind"):
    """A person wants the task not to go on, until it is resumed."""

    task: str
    at: str
    by: str


class Resume(msgspec.Struct, frozen=True, kw_only=True, tag="resume", tag_field="kind"):
    """A paused task may go on."""

    task: str
    at: str
    by: str


class Steer(msgspec.Struct, frozen=True, kw_only=True, tag="steer", tag_field="kind"):
    """A person says something to whoever works on the goal, in this attempt and in later ones."""

    task: str
    at: str
    by: str
    text: str


Direct: TypeAlias = Pause | Resume | Steer

Onward: TypeAlias = Assign | Finish | Lost | Cancel | Forget | Ready | Unmet | Ask | Reply | Withdraw | Direct
"""What changes a task that is there."""

Command: TypeAlias = Submit | Onward

_LATER: Final[Mapping[str, object]] = {
    "priority": 0,
    "depends_on": (),
    "parts": (),
    "retry_of": None,
    "part_of": None,
    "traceparent": None,
    "died": False,
    "losses": 0,
    "asks": None,
    "paused": False,
    "notes": 0,
    "waiting_why": None,
    **dict.fromkeys(("goal", "role", "model", "agent", "steps", "tokens", "cost", "thinking")),
    "allow_test_changes": False,
}
"""Fields that came after the first logs were written. Without a word to say they are left out of canonical
JSON, so that what was written before them still has its digest. Only add."""


def encode(value: object) -> bytes:
    """Canonical JSON (RFC 8785) of a struct: equal values have equal bytes, at every node."""
    return rfc8785.dumps(_plain(msgspec.to_builtins(value)))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _plain(inner)
            for name, inner in value.items()
            if name not in _LATER or inner != _LATER[name]
        }
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


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
