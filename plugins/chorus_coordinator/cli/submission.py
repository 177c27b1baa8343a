"""`chorus task submit` and `chorus task retry`: work for a node, which does it whether we wait or not."""

from pathlib import Path
from typing import Annotated

import typer

from chorus_coordinator.cli.arguments import Follow, TaskId, Wait
from chorus_coordinator.cli.document_file import document_of, read
from chorus_coordinator.cli.packing import packed
from chorus_coordinator.cli.telling import tell
from chorus_coordinator.cli.verdict import verdict
from chorus_coordinator.cli.waiting import ended, outcome
from chorus_coordinator.document import check
from chorus_hooks.command import Host
from chorus_hooks.console import Console
from chorus_hooks.coordinator import Coordinator
from chorus_hooks.errors import UsageError
from chorus_hooks.service import Capabilities
from chorus_hooks.source import Packer
from chorus_hooks.task import Task
from chorus_hooks.task_json import task_json


def submit_task(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The task as JSON; - reads stdin.")],
    source: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Pack DIR, and let the task work on it.")
    ] = None,
    wait: Wait = False,
    follow: Follow = False,
) -> None:
    """Submit a task to the node, and print its id.

    The document has the fields of a task, such as {"commands": ["make check"]}. It is durable when the id
    is printed: the task goes on when we are gone, and after a restart of the node. Submitting a document
    with the same idempotency_key again gives the same task. Needs a node; exits with 3 when none is up.
    """
    host: Host = ctx.obj
    document = document_of(*read(file))
    if source is not None and document.source is not None:
        raise UsageError("the document has a source already", hint="leave --source out")
    check(document)

    async def main(capabilities: Capabilities) -> Task:
        coordinator = capabilities.get(Coordinator)
        whole = await packed(capabilities.get(Packer), host.console, document, source)
        task = await coordinator.submit(whole, attended=False)
        return await _watched(coordinator, task, host.console, wait=wait, follow=follow)

    task = host.run(main, requires=(Coordinator, Packer), where="node")
    _close(host.console, task, waited=wait or follow)


def retry_task(
    ctx: typer.Context,
    task_id: TaskId,
    wait: Wait = False,
    follow: Follow = False,
) -> None:
    """Submit the document of an ended task again, as a new task, and print its id.

    Needs a node; exits with 3 when none is up.
    """
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> Task:
        coordinator = capabilities.get(Coordinator)
        task = await coordinator.retry(task_id)
        return await _watched(coordinator, task, host.console, wait=wait, follow=follow)

    task = host.run(main, requires=(Coordinator,), where="node")
    _close(host.console, task, waited=wait or follow)


async def _watched(
    coordinator: Coordinator, task: Task, console: Console, *, wait: bool, follow: bool
) -> Task:
    """The task at its end when somebody waits for it; its id is told before that."""
    if not (wait or follow):
        return task
    console.note(f"chorus: task {task.id}")
    return await (tell(coordinator, task.id, console) if follow else ended(coordinator, task.id))


def _close(console: Console, task: Task, *, waited: bool) -> None:
    console.result(task_json(task), "" if waited else task.id)
    if waited:
        console.note(f"chorus: {verdict(task)}")
        raise typer.Exit(outcome([task]))
