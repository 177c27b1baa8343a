"""What people say to a task while it goes on: stop, go on, and what to mind."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from chorus_hooks.coordinator import Coordinator
from chorus_hooks.route import Answer
from chorus_hooks.task import Task
from chorus_hooks.task_json import task_json
from chorus_http.routes import examples
from chorus_http.routes.shapes import Task as TaskView
from chorus_http.routes.tasks import ID, TASKS, no_body
from chorus_http.server.answer import Whole, json_answer
from chorus_http.server.call import NO_QUERY, Call
from chorus_http.server.node_side import NodeSide
from chorus_http.server.operation import Handler, Operation

MOST_TEXT: Final = 4000


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person says."""

    text: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=MOST_TEXT,
            description="What the model is told; secrets in it are taken out",
            examples=["keep the public names as they are"],
        ),
    ]


def _asking(act: Callable[[Coordinator, str], Awaitable[Task]]) -> Handler:
    async def handle(side: NodeSide, call: Call) -> Whole:
        call.query(NO_QUERY)
        no_body(call)
        return json_answer(task_json(await side.hop(act, side.coordinator, call.path["id"])))

    return handle


async def steer(side: NodeSide, call: Call) -> Whole:
    """Say something to a goal."""
    call.query(NO_QUERY)
    words = await call.json(Words)
    assert words is not None
    return json_answer(task_json(await side.hop(side.coordinator.steer, call.path["id"], words.text)))


async def _pause(coordinator: Coordinator, task_id: str) -> Task:
    return await coordinator.pause(task_id)


async def _resume(coordinator: Coordinator, task_id: str) -> Task:
    return await coordinator.resume(task_id)


_NO_TASK: Final = "There is no such task"
_STANDS: Final = (Answer(200, "The task as it stands", TaskView, examples.TASK),)

OPERATIONS: Final = (
    Operation(
        "POST",
        f"{TASKS}/{{id}}/pause",
        "Pause a task",
        _asking(_pause),
        _STANDS,
        "tasks",
        "A task that waits is not begun. A goal that runs stops before its next request to a model, and is"
        " told as waiting from then on. Asking twice is the same as once.",
        parameters=(ID,),
        errors={404: _NO_TASK, 409: "It has ended, is being verified, or its commands run"},
    ),
    Operation(
        "POST",
        f"{TASKS}/{{id}}/resume",
        "Let a paused task go on",
        _asking(_resume),
        _STANDS,
        "tasks",
        "A task that is not paused stays as it is.",
        parameters=(ID,),
        errors={404: _NO_TASK, 409: "It has ended"},
    ),
    Operation(
        "POST",
        f"{TASKS}/{{id}}/steer",
        "Say something to a goal",
        steer,
        _STANDS,
        "tasks",
        "Its model reads it with the next request, and in each later attempt.",
        body=Words,
        examples={"steer": {"text": "keep the public names as they are"}},
        parameters=(ID,),
        errors={
            404: _NO_TASK,
            409: "No model will read it: it has ended, is being verified, or runs commands",
        },
    ),
)
