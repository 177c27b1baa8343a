"""`chorus task wait`: until tasks have ended, and whether they succeeded."""

from collections.abc import Iterable
from contextlib import aclosing
from typing import Annotated

import trio
import typer

from chorus_coordinator.cli.arguments import TaskIds
from chorus_coordinator.cli.telling import known
from chorus_coordinator.cli.text import seconds
from chorus_coordinator.cli.verdict import verdict
from chorus_hooks.command import Host
from chorus_hooks.coordinator import Coordinator
from chorus_hooks.errors import UsageError, WorkFailed
from chorus_hooks.quantity import parse_duration
from chorus_hooks.service import Capabilities
from chorus_hooks.task import TERMINAL, Task
from chorus_hooks.task_json import task_json


def wait_for_tasks(
    ctx: typer.Context,
    task_ids: TaskIds,
    timeout: Annotated[
        str | None, typer.Option(metavar="TIME", help="Wait this long at most: 90, 15s, 2m.")
    ] = None,
) -> None:
    """Wait until tasks have ended, and tell how each did.

    Exits with 0 when all succeeded, and with 1 when one did not, or has not ended in time.
    """
    host: Host = ctx.obj
    patience = _seconds(timeout)

    async def main(capabilities: Capabilities) -> list[Task]:
        coordinator = capabilities.get(Coordinator)
        tasks = [await coordinator.get(task_id) for task_id in task_ids]
        with trio.move_on_after(patience):
            async with trio.open_nursery() as nursery:
                for place, task in enumerate(tasks):
                    nursery.start_soon(_await_end, host, coordinator, tasks, place, task)
        return tasks

    tasks = host.run(main, requires=(Coordinator,))
    host.console.result({"tasks": [task_json(task) for task in tasks]}, "")
    code = outcome(tasks)
    if late := [task.id[:12] for task in tasks if task.state not in TERMINAL]:
        told = f"after {seconds(patience)} {', '.join(late)} had not ended"
        if not host.console.json:
            raise WorkFailed(told, hint="wait longer, or see `chorus task logs -f`")
        host.console.note(f"chorus: {told}")
    raise typer.Exit(code)


def outcome(tasks: Iterable[Task]) -> int:
    """0 when all succeeded, else 1."""
    return 0 if all(task.state == "succeeded" for task in tasks) else 1


async def _await_end(host: Host, coordinator: Coordinator, tasks: list[Task], place: int, task: Task) -> None:
    if task.state not in TERMINAL:
        tasks[place] = task = await ended(coordinator, task.id)
    if not host.console.json:
        host.console.result(None, f"{task.id[:12]}  {verdict(task)}")


async def ended(coordinator: Coordinator, task_id: str) -> Task:
    """The task at its end; what it prints is passed over."""
    last: Task | None = None
    async with aclosing(coordinator.follow(task_id)) as events:
        async for event in events:
            if isinstance(event, Task):
                last = event
    return known(last, task_id)


def _seconds(timeout: str | None) -> float:
    if timeout is None:
        return float("inf")
    try:
        return parse_duration(timeout)
    except ValueError as error:
        raise UsageError(f"--timeout: {error}") from None
