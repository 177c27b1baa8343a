"""What is said on `/chorus/log/1`. Pure.

Asked is one JSON object: {"ask": "find", "id"}, answered with {"id": the whole one}, or {"ask": "follow",
"id", "offset", "attempt", "wait"}, answered with a message for each event, until the task has ended (or,
without `wait`, up to what there is now). A message is a line of JSON: {"tell": "output", "stream", "offset",
"attempt"} and after it the bytes that were printed, `offset` counting up to their end; {"tell": "phase",
"phase", "text"}; {"tell": "task", "task"}, the last one; {"tell": "beat"} when there is nothing new.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from chorus_hooks.coordinator import TaskEvent, TaskOutput, TaskPhase
from chorus_hooks.errors import UsageError
from chorus_hooks.executor import Phase
from chorus_hooks.output import Stream
from chorus_hooks.task_json import task_from_json, task_json
from chorus_hooks.wire.frame import BODY_LIMIT

PROTOCOL: Final = "/chorus/log/1"
REQUEST_LIMIT: Final = 512
"""Bytes of a request at most."""
ANSWER_LIMIT: Final = 4 << 20
"""Bytes of one message at most: a task with its document and its result."""
PIECE: Final = BODY_LIMIT - 256
"""Bytes of output in one message at most: with its line it is one frame."""

_Number = Annotated[int, Meta(ge=0, le=1 << 53)]
_Attempt = Annotated[int, Meta(ge=1, le=1 << 31)]
_Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{1,32}\Z")]
_WholeId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]


class BadMessage(ValueError):  # noqa: N818 - reads as what it is
    """A peer answered with what the protocol does not have."""


class Find(msgspec.Struct, frozen=True, tag_field="ask", tag="find"):
    """Whether the peer has a task; `id` may be the beginning of one."""

    id: _Id


class Follow(msgspec.Struct, frozen=True, tag_field="ask", tag="follow"):
    """What a task prints from a byte of an attempt on."""

    id: _WholeId
    offset: _Number = 0
    attempt: _Attempt = 1
    wait: bool = True


class Found(msgspec.Struct, frozen=True):
    """The answer to `Find`."""

    id: _WholeId


class _Output(msgspec.Struct, frozen=True, tag_field="tell", tag="output"):
    stream: Stream
    offset: _Number
    attempt: _Attempt


class _Phase(msgspec.Struct, frozen=True, tag_field="tell", tag="phase"):
    phase: Phase
    text: str


class _Task(msgspec.Struct, frozen=True, tag_field="tell", tag="task"):
    task: dict[str, Any]


class _Beat(msgspec.Struct, frozen=True, tag_field="tell", tag="beat"):
    pass


BEAT: Final = msgspec.json.encode(_Beat())
_ASKED: Final[msgspec.json.Decoder[Find | Follow]] = msgspec.json.Decoder(Find | Follow)
_FOUND: Final = msgspec.json.Decoder(Found)
_TOLD: Final[msgspec.json.Decoder[_Output | _Phase | _Task | _Beat]] = msgspec.json.Decoder(
    _Output | _Phase | _Task | _Beat
)


def decode_ask(message: bytes) -> Find | Follow:
    """Read what is asked. Raises UsageError, also for what only a later version knows."""
    try:
        return _ASKED.decode(message)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"that cannot be asked: {error}") from None


def decode_found(message: bytes) -> Found:
    """Read the answer to `Find`. Raises BadMessage."""
    try:
        return _FOUND.decode(message)
    except (ValueError, RecursionError) as error:
        raise BadMessage(str(error)) from None


def encode_event(event: TaskEvent) -> Iterator[bytes]:
    """The messages of one event: long output comes in several."""
    if isinstance(event, TaskOutput):
        begin = event.offset - len(event.data)
        for start in range(0, len(event.data), PIECE):
            piece = event.data[start : start + PIECE]
            top = _Output(event.stream, begin + start + len(piece), event.attempt)
            yield msgspec.json.encode(top) + b"\n" + piece
    elif isinstance(event, TaskPhase):
        yield msgspec.json.encode(_Phase(event.phase, event.text))
    else:
        yield msgspec.json.encode(_Task(task_json(event)))


def decode_event(message: bytes) -> TaskEvent | None:
    """Read a message; None for a beat. Raises BadMessage."""
    line, _, data = message.partition(b"\n")
    try:
        told = _TOLD.decode(line)
        event = task_from_json(told.task) if isinstance(told, _Task) else None
    except (ValueError, TypeError, RecursionError) as error:
        raise BadMessage(str(error)) from None
    if isinstance(told, _Phase):
        return TaskPhase(told.phase, told.text)
    if not isinstance(told, _Output):
        return event
    if not 0 < len(data) <= told.offset:
        raise BadMessage("output without bytes, or with more than its offset")
    return TaskOutput(told.stream, data, told.offset, told.attempt)
