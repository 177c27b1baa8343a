"""`chorus task`: what tasks there are, and what they printed, left and changed."""

from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any

import trio
import typer

from chorus_coordinator.cli.delivery import deliver
from chorus_coordinator.cli.json_form import page_json, task_json
from chorus_coordinator.cli.relay import Relay
from chorus_coordinator.cli.summary import show as show_text
from chorus_coordinator.cli.text import cut, plain, size, table, title
from chorus_hooks.blob import Blobs
from chorus_hooks.command import Host
from chorus_hooks.coordinator import Coordinator, TaskOutput, TaskPage
from chorus_hooks.service import Capabilities
from chorus_hooks.task import TERMINAL, Artifact, Task

app = typer.Typer(no_args_is_help=True, help="List tasks, and look at what they left.")

TaskId = Annotated[str, typer.Argument(metavar="ID", help="The id, or the first digits of it.")]


@app.command("list")
def list_tasks(
    ctx: typer.Context,
    state: Annotated[str | None, typer.Option(help="Only tasks in this state.")] = None,
    project: Annotated[str | None, typer.Option(help="Only tasks of this project.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.")] = 50,
    cursor: Annotated[str, typer.Option(help="Go on where the page before ended.")] = "",
) -> None:
    """List tasks, newest first."""
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> TaskPage:
        coordinator = capabilities.get(Coordinator)
        return await coordinator.list(state=state, project=project, limit=limit, cursor=cursor)

    page = host.run(main, requires=(Coordinator,))
    host.console.result(page_json(page), _listed(page))
    if page.cursor is not None and not host.console.json:
        host.console.note(f"chorus: there are more; go on with --cursor {page.cursor}")


@app.command("show")
def show_task(ctx: typer.Context, task_id: TaskId) -> None:
    """Show one task: its document, its state, its result."""
    host: Host = ctx.obj
    task = _get(host, task_id)
    host.console.result(task_json(task), show_text(task))


@app.command("logs")
def show_logs(
    ctx: typer.Context,
    task_id: TaskId,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until the task ends.")] = False,
) -> None:
    """Print what a task printed: its stdout to stdout, its stderr to stderr."""
    host: Host = ctx.obj
    pieces: list[dict[str, Any]] = []

    async def main(capabilities: Capabilities) -> Task:
        relay, last = Relay(), None
        async with aclosing(capabilities.get(Coordinator).follow(task_id, wait=follow)) as events:
            async for event in events:
                if isinstance(event, TaskOutput) and host.console.json:
                    pieces.append(_piece(event))
                elif isinstance(event, TaskOutput):
                    await relay.write(event.stream, event.data)
                elif isinstance(event, Task):
                    last = event
        assert last is not None
        return last

    task = host.run(main, requires=(Coordinator,))
    host.console.result({"id": task.id, "state": task.state, "output": pieces}, "")


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
def cancel_task(ctx: typer.Context, task_id: TaskId) -> None:
    """End a task, whichever process of this state dir runs it."""
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> tuple[Task, Task]:
        coordinator = capabilities.get(Coordinator)
        before = await coordinator.get(task_id)
        return before, await coordinator.cancel(before.id)

    before, task = host.run(main, requires=(Coordinator,))
    if before.state in TERMINAL:
        host.console.note(f"chorus: it had ended already: {before.state}")
    host.console.result(task_json(task), task.id)


def _get(host: Host, task_id: str) -> Task:
    async def main(capabilities: Capabilities) -> Task:
        return await capabilities.get(Coordinator).get(task_id)

    return host.run(main, requires=(Coordinator,))


def _artifacts(task: Task) -> tuple[Artifact, ...]:
    return task.result.artifacts if task.result else ()


def _listed(page: TaskPage) -> str:
    if not page.tasks:
        return ""
    rows = [("ID", "STATE", "SUBMITTED", "TITLE")]
    rows += [
        (task.id[:12], task.state, task.submitted_at[:19].replace("T", " "), cut(title(task), 60))
        for task in page.tasks
    ]
    return "\n".join(table(rows))


def _piece(event: TaskOutput) -> dict[str, Any]:
    return {
        "stream": "stdout" if event.stream == 1 else "stderr",
        "text": event.data.decode("utf-8", "replace"),
        "offset": event.offset,
    }
