"""`chorus task`: what tasks there are, and what they printed, left and changed."""

from pathlib import Path
from typing import Annotated

import trio
import typer

from chorus_coordinator.cli.applying import apply_changes
from chorus_coordinator.cli.arguments import TaskId, TaskIds
from chorus_coordinator.cli.delivery import deliver
from chorus_coordinator.cli.directing import pause_task, resume_task, steer_task
from chorus_coordinator.cli.listing import list_tasks
from chorus_coordinator.cli.logs import show_logs
from chorus_coordinator.cli.relay import Relay
from chorus_coordinator.cli.replay import replay_task
from chorus_coordinator.cli.submission import retry_task, submit_task
from chorus_coordinator.cli.summary import show as show_text
from chorus_coordinator.cli.text import plain, size, table
from chorus_coordinator.cli.waiting import wait_for_tasks
from chorus_hooks.blob import Blobs
from chorus_hooks.command import Host
from chorus_hooks.coordinator import Coordinator
from chorus_hooks.service import Capabilities
from chorus_hooks.task import TERMINAL, Artifact, Task
from chorus_hooks.task_json import task_json

app = typer.Typer(no_args_is_help=True, help="Submit tasks, direct them, and look at what they left.")

app.command("submit")(submit_task)
app.command("list")(list_tasks)
app.command("logs")(show_logs)
app.command("wait")(wait_for_tasks)
app.command("retry")(retry_task)
app.command("apply")(apply_changes)
app.command("pause")(pause_task)
app.command("resume")(resume_task)
app.command("steer")(steer_task)
app.command("replay")(replay_task)


@app.command("show")
def show_task(ctx: typer.Context, task_id: TaskId) -> None:
    """Show one task: its document, its state, its result."""
    host: Host = ctx.obj
    task = _get(host, task_id)
    host.console.result(task_json(task), show_text(task))


@app.command("artifacts")
def show_artifacts(
    ctx: typer.Context,
    task_id: TaskId,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write them to DIR.")] = None,
) -> None:
    """List the artifacts of a task; with --out, write them to a directory."""
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> Task:
        task = await capabilities.get(Coordinator).get(task_id)
        if out is not None:
            blobs = capabilities.get(Blobs)
            await trio.to_thread.run_sync(
                deliver, blobs.open, _artifacts(task), out, trio.from_thread.check_cancelled
            )
        return task

    task = host.run(main, requires=(Coordinator, Blobs))
    artifacts = _artifacts(task)
    document = {
        "id": task.id,
        "artifacts": [{"path": a.path, "size": a.size, "sha256": a.sha256} for a in artifacts],
        "out": None if out is None else str(out),
    }
    rows = [(a.sha256[:12], size(a.size).rjust(7), plain(a.path)) for a in artifacts]
    host.console.result(document, "\n".join(table(rows)) if rows else "")
    if out is not None:
        host.console.note(f"chorus: {len(artifacts)} written to {out}")


@app.command("diff")
def show_diff(
    ctx: typer.Context,
    task_id: TaskId,
    binary: Annotated[
        bool, typer.Option("--binary", help="Whole binary files, as `git diff --binary`.")
    ] = False,
) -> None:
    """Print what a task changed in its source, as a diff that `git apply` takes."""
    from chorus_coordinator.cli.changes import patches

    host: Host = ctx.obj
    relay = Relay()
    pieces: list[bytes] = []

    async def main(capabilities: Capabilities) -> Task:
        task = await capabilities.get(Coordinator).get(task_id)
        told = patches(capabilities.get(Blobs), task, binary=binary)
        while (part := await trio.to_thread.run_sync(next, told, None)) is not None:
            if host.console.json:
                pieces.append(part)
            else:
                await relay.write(1, part)
        return task

    task = host.run(main, requires=(Coordinator, Blobs))
    host.console.result({"id": task.id, "diff": b"".join(pieces).decode("utf-8", "replace")}, "")


@app.command("cancel")
def cancel_tasks(ctx: typer.Context, task_ids: TaskIds) -> None:
    """End tasks: one that waits is not begun, one that runs is killed.

    A task that has ended stays as it is. All of them are tried; the first failure is told.
    """
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> list[Task]:
        coordinator = capabilities.get(Coordinator)
        before = [await coordinator.get(task_id) for task_id in task_ids]
        for task in before:
            if task.state in TERMINAL:
                host.console.note(f"chorus: {task.id[:12]} had ended already: {task.state}")
        return [await coordinator.cancel(task.id) for task in before]

    tasks = host.run(main, requires=(Coordinator,))
    document = task_json(tasks[0]) if len(tasks) == 1 else {"tasks": [task_json(task) for task in tasks]}
    host.console.result(document, "\n".join(task.id for task in tasks))


def _get(host: Host, task_id: str) -> Task:
    async def main(capabilities: Capabilities) -> Task:
        return await capabilities.get(Coordinator).get(task_id)

    return host.run(main, requires=(Coordinator,))


def _artifacts(task: Task) -> tuple[Artifact, ...]:
    return task.result.artifacts if task.result else ()
