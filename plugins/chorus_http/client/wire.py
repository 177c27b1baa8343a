"""The JSON of the API as our own values. What a newer node adds is left out. Pure.

The log of a task (`GET /tasks/{id}/logs`) has these events, each with one JSON object as its data:

    output   stream ("stdout" or "stderr"), data (base64), offset, attempt; the id is ATTEMPT:OFFSET
    phase    phase, text
    task     the task as it stands; nothing comes after it

`offset` counts the bytes that the attempt printed up to the end of the piece. With Last-Event-ID
`ATTEMPT:OFFSET` the log goes on after that byte; with `follow=false` it ends with what there is now.
`GET /events` has changes of tasks, numbered by their `n`.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec

from chorus_hooks.coordinator import Change, TaskEvent, TaskOutput, TaskPage, TaskPhase
from chorus_hooks.errors import ChorusError
from chorus_hooks.gate import OpenQuestion
from chorus_hooks.gate_json import question_from_json
from chorus_hooks.output import STDERR, STDOUT
from chorus_hooks.task import Task, TaskDocument
from chorus_hooks.task_json import task_from_json
from chorus_http.client.event_stream import ServerEvent

T = TypeVar("T")

_STREAMS: Final = {"stdout": STDOUT, "stderr": STDERR}


def sparse(document: TaskDocument) -> dict[str, Any]:
    """A document without what is at its default, so that an older node takes it when it can."""
    plain: dict[str, Any] = msgspec.to_builtins(document)
    usual: dict[str, Any] = msgspec.to_builtins(TaskDocument())
    return {name: value for name, value in plain.items() if value != usual[name]}


def task_of(fields: Any) -> Task:
    """A task. Raises ChorusError when it is none."""
    return _understood(lambda: task_from_json(fields))


def page_of(fields: Any) -> TaskPage:
    """A page of tasks."""
    return _understood(
        lambda: TaskPage(tuple(task_from_json(task) for task in fields["tasks"]), fields["cursor"])
    )


def open_question_of(fields: Any) -> OpenQuestion:
    """What a task asks. Raises ChorusError when its digest is not that of its text."""
    return _understood(lambda: question_from_json(fields))


def open_questions_of(fields: Any) -> tuple[OpenQuestion, ...]:
    """What waits for a person."""
    return _understood(lambda: tuple(question_from_json(one) for one in fields["approvals"]))


def change_of(event: ServerEvent) -> Change:
    """A change of a task."""
    return _understood(lambda: msgspec.json.decode(event.data, type=Change))


def task_event_of(event: ServerEvent) -> TaskEvent | None:
    """What an event of a task's log tells; None for one that this version does not know."""
    read = _TASK_EVENTS.get(event.type)
    return None if read is None else _understood(lambda: read(msgspec.json.decode(event.data)))


def _output(fields: Mapping[str, Any]) -> TaskEvent:
    data = base64.b64decode(fields["data"], validate=True)
    return TaskOutput(_STREAMS[fields["stream"]], data, fields["offset"], fields["attempt"])


def _phase(fields: Mapping[str, Any]) -> TaskEvent:
    return msgspec.convert(fields, TaskPhase)


_TASK_EVENTS: Final[Mapping[str, Callable[[Any], TaskEvent]]] = {
    "output": _output,
    "phase": _phase,
    "task": task_from_json,
}


def _understood(read: Callable[[], T]) -> T:
    try:
        return read()
    except (
        msgspec.DecodeError,
        msgspec.ValidationError,
        binascii.Error,
        LookupError,
        TypeError,
        AttributeError,
    ) as error:
        raise ChorusError(
            f"the node's answer is not understood: {error}", hint="is this CHORUS older than the node?"
        ) from error
