"""What a task printed: as events, live and resumable at any byte, or as plain bytes."""

import base64
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from chorus_hooks.coordinator import Coordinator, TaskEvent, TaskOutput, TaskPhase
from chorus_hooks.errors import NotFound
from chorus_hooks.remote_log import RemoteLogs
from chorus_hooks.route import Answer
from chorus_hooks.task_json import task_json
from chorus_http.position import Position
from chorus_http.routes import examples
from chorus_http.routes.tasks import ID, TASKS
from chorus_http.server import sse
from chorus_http.server.answer import Answered
from chorus_http.server.call import Call
from chorus_http.server.crossing import Crossing
from chorus_http.server.node_side import NodeSide
from chorus_http.server.operation import Operation, Parameter
from chorus_http.server.problem import ProblemError

PLAIN: Final = "text/plain; charset=utf-8"
_NAMES: Final = {1: "stdout", 2: "stderr"}


class LogQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of the log."""

    follow: Annotated[
        bool, Meta(description="Go on until the task has ended; false: what there is now, as plain bytes")
    ] = True
    stream: Annotated[
        Literal["stdout", "stderr"] | None, Meta(description="Only what went there; plain bytes only")
    ] = None


async def logs(side: NodeSide, call: Call) -> Answered:
    """Follow the log."""
    query = call.query(LogQuery)
    at = _position(call.header(b"last-event-id"))
    source, task_id = await _source(side, call.path["id"])  # 404 before anything is sent
    plain = _wants_plain(call.header(b"accept"), query)
    if query.stream is not None and not plain:
        raise ProblemError(422, "`stream` is for plain bytes", hint="add follow=false, or Accept: text/plain")
    if call.method == "HEAD":
        return side.streams.start(sse.nothing(), PLAIN if plain else sse.MEDIA_TYPE)
    follow = partial(source.follow, task_id, offset=at.offset, attempt=at.attempt, wait=query.follow)
    if plain:
        crossing = Crossing(
            side.island, lambda: _printed(follow, query.stream), lambda piece: piece, quiet=b""
        )
        return side.streams.start(crossing.pieces(), PLAIN)
    return side.streams.start(Crossing(side.island, follow, encode).pieces())


async def _source(side: NodeSide, task_id: str) -> tuple[Coordinator | RemoteLogs, str]:
    """Who follows the task, this node or a peer, and its whole id."""
    try:
        return side.coordinator, (await side.reading.ask(side.queries.get(task_id))).id
    except NotFound:
        if side.remote_logs is None:
            raise
        return side.remote_logs, await side.hop(side.remote_logs.find, task_id)


def encode(event: TaskEvent) -> bytes:
    """One event of a log, as it is sent. Pure."""
    match event:
        case TaskOutput(stream, data, offset, attempt):
            fields = {
                "stream": _NAMES[stream],
                "data": base64.b64encode(data).decode("ascii"),
                "offset": offset,
                "attempt": attempt,
            }
            return sse.event("output", msgspec.json.encode(fields), str(Position(attempt, offset)))
        case TaskPhase():
            return sse.event("phase", msgspec.json.encode(event))
        case _:
            return sse.event("task", msgspec.json.encode(task_json(event)))


def _position(last_id: str) -> Position:
    at = Position.parse(last_id) if last_id else Position()
    if at is None:
        raise ProblemError(422, f"Last-Event-ID {last_id[:80]!r} is none of this log: ATTEMPT:OFFSET")
    return at


def _wants_plain(accept: str, query: LogQuery) -> bool:
    """Plain bytes for `follow=false` and for who asks for text/plain; events for who asks for those."""
    if sse.MEDIA_TYPE in accept:
        return False
    return not query.follow or "text/plain" in accept


async def _printed(
    follow: "partial[AsyncGenerator[TaskEvent, None]]", only: str | None
) -> AsyncGenerator[bytes, None]:
    async with aclosing(follow()) as events:
        async for event in events:
            if isinstance(event, TaskOutput) and only in (None, _NAMES[event.stream]):
                yield event.data


OPERATIONS: Final = (
    Operation(
        "GET",
        f"{TASKS}/{{id}}/logs",
        "Follow what a task prints",
        logs,
        (
            Answer(200, "Events, until the task has ended", str, examples.EVENTS, sse.MEDIA_TYPE),
            Answer(
                200, "The bytes themselves, with follow=false or Accept: text/plain", str, "hello\n", PLAIN
            ),
        ),
        "tasks",
        "Server-sent events: `output` (JSON with stream, data in base64, offset, attempt; the id is"
        " ATTEMPT:OFFSET), `phase` (phase, text), and `task` with the task at its end, after which nothing"
        " comes. `offset` counts the bytes that the attempt printed, stdout and stderr together: with"
        " Last-Event-ID the log goes on after any byte of it. A comment each 15 s says that the stream"
        " lives. A task of a peer is followed there, over cuts and restarts.",
        query=LogQuery,
        parameters=(
            ID,
            Parameter(
                "Last-Event-ID",
                "header",
                "Go on after this position: ATTEMPT:OFFSET, or OFFSET of the first attempt",
                {"type": "string", "pattern": "^([1-9][0-9]{0,8}:)?[0-9]{1,15}$"},
                "1:6",
            ),
        ),
        errors={
            404: "There is no such task, here or at a peer that can be reached",
            503: "Too many streams are open, or the node is stopping",
        },
    ),
)
