"""`chorus task pause`, `resume` and `steer`: what a person says to a task while it goes on."""

import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, TypeAlias

import typer

from chorus_coordinator.cli.arguments import TaskId
from chorus_hooks.command import Host
from chorus_hooks.coordinator import Coordinator
from chorus_hooks.service import Capabilities
from chorus_hooks.task import Task
from chorus_hooks.task_json import task_json

_MOST_READ: Final = 1 << 20
"""Bytes of stdin: far more than may be said, so that what is too long is refused as such."""

Words: TypeAlias = Annotated[
    str, typer.Argument(metavar="TEXT", help="What to say, up to 4000 characters; - reads it from stdin.")
]


def pause_task(ctx: typer.Context, task_id: TaskId) -> None:
    """Stop a task until it is resumed: one that waits is not begun, a goal stops before its next step.

    Time that passes meanwhile is not counted. Commands that run already cannot be paused.
    """
    task = _direct(ctx.obj, lambda coordinator: coordinator.pause(task_id))
    _tell(ctx.obj, task, f"it stops before its next step; go on with chorus task resume {task.id[:12]}")


def resume_task(ctx: typer.Context, task_id: TaskId) -> None:
    """Let a paused task go on; one that is not paused stays as it is."""
    task = _direct(ctx.obj, lambda coordinator: coordinator.resume(task_id))
    _tell(ctx.obj, task, "it goes on")


def steer_task(ctx: typer.Context, task_id: TaskId, text: Words) -> None:
    """Say something to a goal: its model reads it before its next step, and in each later attempt.

    Secrets in the text are taken out. It is kept in the journal.
    """
    if text == "-":
        text = sys.stdin.buffer.read(_MOST_READ).decode("utf-8", "replace").strip()
    said = text.encode("utf-8", "replace").decode()  # an argument may be no text
    task = _direct(ctx.obj, lambda coordinator: coordinator.steer(task_id, said))
    _tell(ctx.obj, task, "its model reads that before its next step")


def _direct(host: Host, act: Callable[[Coordinator], Awaitable[Task]]) -> Task:
    async def main(capabilities: Capabilities) -> Task:
        return await act(capabilities.get(Coordinator))

    return host.run(main, requires=(Coordinator,))


def _tell(host: Host, task: Task, what: str) -> None:
    host.console.result(task_json(task), task.id)
    host.console.note(f"chorus: {what}")
