"""Tasks: submitted, listed, shown, cancelled, retried."""

import re
from functools import partial
from typing import Annotated, Final
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from chorus_hooks.route import Answer
from chorus_hooks.task import State, Task, TaskDocument
from chorus_hooks.task_json import task_json
from chorus_http.routes import examples
from chorus_http.routes.shapes import Receipt, ShortText, TaskList
from chorus_http.routes.shapes import Task as TaskView
from chorus_http.server.answer import Whole, json_answer, tagged
from chorus_http.server.call import NO_QUERY, Call
from chorus_http.server.node_side import NodeSide
from chorus_http.server.operation import Operation, Parameter
from chorus_http.server.problem import ProblemError

TASKS: Final = "/api/v1/tasks"
DURABLE: Final = 1
"""The lineage of a node by itself has one voter: it holds what it has committed."""

_KEY_PATTERN: Final = "^[!-~]([ -~]{0,198}[!-~])?$"
ID = Parameter(
    "id",
    "path",
    "The id of a task, or a beginning of it that only one task has",
    {"type": "string", "pattern": "^[0-9a-f]{1,32}$"},
    examples.ID,
)
KEY = Parameter(
    "Idempotency-Key",
    "header",
    "The same key gives the same task, however often it is sent. It is the idempotency_key of the document",
    {"type": "string", "pattern": _KEY_PATTERN},
    "build-4711",
)
TRACE = Parameter(
    "traceparent",
    "header",
    "The trace that the task belongs to (W3C Trace Context); what is malformed is passed over",
    {"type": "string", "pattern": "^[ -~]*$"},
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)
IF_NONE_MATCH = Parameter(
    "If-None-Match",
    "header",
    "An entity tag that the client has already",
    {"type": "string", "pattern": "^[ -~]*$"},
    '"abc"',
)
NOT_MODIFIED = Answer(304, "It is as the client has it already")
_NO_TASK: Final = "There is no such task"


class ListQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which tasks."""

    state: Annotated[State | None, Meta(description="Only those in this state")] = None
    project: Annotated[ShortText | None, Meta(description="Only those of this project")] = None
    limit: Annotated[int, Meta(description="How many at most", ge=1, le=1000)] = 50
    cursor: Annotated[
        str, Meta(description="Where to go on: what the page before ended with", pattern="^[0-9]{0,15}$")
    ] = ""


async def submit(side: NodeSide, call: Call) -> Whole:
    """Take a task; the answer comes after its commit."""
    call.query(NO_QUERY)
    key = _key(call)
    document = await call.json(TaskDocument)
    assert document is not None
    if key is not None:
        if document.idempotency_key not in (None, key):
            raise ProblemError(422, "Idempotency-Key and idempotency_key are not the same")
        document = msgspec.structs.replace(document, idempotency_key=key)
    taken = await side.hop(
        partial(side.coordinator.submit, document, attended=False, traceparent=call.traceparent)
    )
    return _receipt(taken)


async def list_tasks(side: NodeSide, call: Call) -> Whole:
    """A page of tasks."""
    query = call.query(ListQuery)
    asked = side.queries.list(
        state=query.state, project=query.project, limit=query.limit, cursor=query.cursor
    )
    page = await side.reading.ask(asked)
    document = {"tasks": [task_json(task) for task in page.tasks], "cursor": page.cursor}
    headers = {} if page.cursor is None else {"link": _next(query, page.cursor)}
    return tagged(json_answer(document, headers=headers), call.header(b"if-none-match"))


async def show(side: NodeSide, call: Call) -> Whole:
    """One task."""
    call.query(NO_QUERY)
    task = await side.reading.ask(side.queries.get(call.path["id"]))
    return tagged(json_answer(task_json(task)), call.header(b"if-none-match"))


async def cancel(side: NodeSide, call: Call) -> Whole:
    """Cancel it; a task that has ended stays as it is."""
    call.query(NO_QUERY)
    no_body(call)
    task = await side.hop(side.coordinator.cancel, call.path["id"])
    return json_answer(task_json(task))


async def retry(side: NodeSide, call: Call) -> Whole:
    """Submit the document of an ended task again."""
    call.query(NO_QUERY)
    no_body(call)
    again = partial(
        side.coordinator.retry, call.path["id"], idempotency_key=_key(call), traceparent=call.traceparent
    )
    return _receipt(await side.hop(again))


def _receipt(task: Task) -> Whole:
    receipt = Receipt(id=task.id, state=task.state, durable=DURABLE)
    return json_answer(receipt, 202, headers={"location": f"{TASKS}/{task.id}"})


def _next(query: ListQuery, cursor: str) -> str:
    """The Link header (RFC 8288) to the page after this one."""
    asked = {"state": query.state, "project": query.project, "limit": query.limit, "cursor": cursor}
    words = urlencode({name: value for name, value in asked.items() if value is not None})
    return f'<{TASKS}?{words}>; rel="next"'


def _key(call: Call) -> str | None:
    key = call.header(b"idempotency-key")
    if not key:
        return None
    if not re.fullmatch(_KEY_PATTERN, key):
        raise ProblemError(422, "Idempotency-Key must be 1 to 200 printable ASCII characters")
    return key


def no_body(call: Call) -> None:
    """Refuse a body by what the head says: one that is refused anyway is not waited for."""
    if call.header(b"transfer-encoding") or call.header(b"content-length").strip("0"):
        raise ProblemError(422, "this takes no body")


OPERATIONS: Final = (
    Operation(
        "POST",
        TASKS,
        "Submit a task",
        submit,
        (
            Answer(
                202,
                "Taken, and on the disk: it stays, whatever happens to the node",
                Receipt,
                examples.RECEIPT,
            ),
        ),
        "tasks",
        "The answer comes after the commit. Sending it again with the same key gives the same answer.",
        body=TaskDocument,
        examples={"hello": examples.HELLO, "unit tests": examples.UNIT_TESTS},
        parameters=(KEY, TRACE),
        errors={
            403: "The document holds what looks like a secret",
            404: "The source is not here",
            409: "The key belongs to another document",
            429: "Too many tasks wait",
        },
        headers={"Location": "Where the task is"},
    ),
    Operation(
        "GET",
        TASKS,
        "List tasks, newest first",
        list_tasks,
        (Answer(200, "Some tasks", TaskList, examples.LIST), NOT_MODIFIED),
        "tasks",
        query=ListQuery,
        parameters=(IF_NONE_MATCH,),
        headers={"Link": "The next page (rel=next), when there is one", "ETag": "Changes with the content"},
    ),
    Operation(
        "GET",
        f"{TASKS}/{{id}}",
        "Show a task",
        show,
        (Answer(200, "The task as it stands", TaskView, examples.TASK), NOT_MODIFIED),
        "tasks",
        parameters=(ID, IF_NONE_MATCH),
        errors={404: _NO_TASK},
        headers={"ETag": "Changes with the content"},
    ),
    Operation(
        "POST",
        f"{TASKS}/{{id}}/cancel",
        "Cancel a task",
        cancel,
        (Answer(200, "The task as it stands; what ran is killed", TaskView, examples.TASK),),
        "tasks",
        "Asking twice is the same as once. A task that has ended stays as it is.",
        parameters=(ID,),
        errors={404: _NO_TASK},
    ),
    Operation(
        "POST",
        f"{TASKS}/{{id}}/retry",
        "Submit an ended task again",
        retry,
        (Answer(202, "A new task with the same document", Receipt, examples.RECEIPT),),
        "tasks",
        "The new task names the old one in retry_of.",
        parameters=(ID, KEY, TRACE),
        errors={
            404: _NO_TASK,
            409: "It has not ended, or the key belongs to another document",
            429: "Too many tasks wait",
        },
        headers={"Location": "Where the new task is"},
    ),
)
