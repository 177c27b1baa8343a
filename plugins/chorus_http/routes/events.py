"""Every committed change of a task, as it happens, and from any point of the past on."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from chorus_hooks.coordinator import Change, Coordinator
from chorus_hooks.members import Member, Members
from chorus_hooks.peer_json import member_json
from chorus_hooks.route import Answer
from chorus_hooks.task import State
from chorus_http.routes import examples
from chorus_http.routes.shapes import ShortText
from chorus_http.server import sse
from chorus_http.server.answer import Answered
from chorus_http.server.call import Call
from chorus_http.server.crossing import Crossing
from chorus_http.server.node_side import NodeSide
from chorus_http.server.operation import Operation, Parameter
from chorus_http.server.problem import ProblemError

NUMBER: Final = "^[0-9]{1,15}$"


class EventQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which changes, and from where on."""

    after: Annotated[
        int,
        Meta(
            description="Only changes with a number beyond this; Last-Event-ID says the same",
            ge=0,
            le=10**15 - 1,
        ),
    ] = 0
    follow: Annotated[bool, Meta(description="Go on as changes come; false: end with what there is now")] = (
        True
    )
    kind: Annotated[
        ShortText | None, Meta(description="Only this kind: submit, assign, ask, answer, result, …")
    ] = None
    state: Annotated[State | None, Meta(description="Only changes into this state")] = None
    project: Annotated[ShortText | None, Meta(description="Only of tasks of this project")] = None
    task: Annotated[ShortText | None, Meta(description="Only of this task, by its whole id")] = None
    peers: Annotated[
        bool,
        Meta(
            description="Also changes of peers while it follows, as events `peer`; the filters are of tasks"
        ),
    ] = False

    def wants(self, change: Change) -> bool:
        """Whether a change passes every filter."""
        return (
            self.kind in (None, change.kind)
            and self.state in (None, change.state)
            and self.project in (None, change.project)
            and self.task in (None, change.task)
        )


async def events(side: NodeSide, call: Call) -> Answered:
    """The stream."""
    query = call.query(EventQuery)
    last = call.header(b"last-event-id")
    if last and not re.fullmatch(NUMBER, last):
        raise ProblemError(422, f"Last-Event-ID {last[:80]!r} is no number of a change")
    after = int(last) if last else query.after
    if call.method == "HEAD":
        return side.streams.start(sse.nothing())
    source = partial(_changes, side.coordinator, after, query)
    peers = partial(_peers, side.members) if query.peers and query.follow and side.members else None
    return side.streams.start(Crossing(side.island, source, encode, beside=peers).pieces())


def encode(event: Change | Member) -> bytes:
    """One event, as it is sent. A peer has no number: what was missed of it is not told again. Pure."""
    if isinstance(event, Member):
        return sse.event("peer", msgspec.json.encode(member_json(event)))
    return sse.event("task", msgspec.json.encode(event), str(event.n))


async def _changes(
    coordinator: Coordinator, after: int, query: EventQuery
) -> AsyncGenerator[Change | Member, None]:
    """In trio."""
    async with aclosing(coordinator.changes(after=after, wait=query.follow)) as changes:
        async for change in changes:
            if query.wants(change):
                yield change


async def _peers(members: Members) -> AsyncGenerator[Change | Member, None]:
    """In trio."""
    async with members.watch() as changes:
        async for member in changes:
            yield member


OPERATIONS: Final = (
    Operation(
        "GET",
        "/api/v1/events",
        "Follow every change",
        events,
        (Answer(200, "Events, for as long as the client stays", str, examples.CHANGES, sse.MEDIA_TYPE),),
        "node",
        "Server-sent events `task`, each with one committed change as JSON (n, at, kind, task, project,"
        " state);"
        " the id is its number. `ask` and `answer` are of the questions to people."
        " With Last-Event-ID, or `after`, what was missed is told first."
        " With `peers` also events `peer`, each with a peer as in GET /peers, but without its journal: first"
        " everybody known, then each change; these have no id.",
        query=EventQuery,
        parameters=(
            Parameter(
                "Last-Event-ID",
                "header",
                "Go on after this change",
                {"type": "string", "pattern": NUMBER},
                "17",
            ),
        ),
    ),
)
