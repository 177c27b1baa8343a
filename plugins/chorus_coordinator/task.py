"""`chorus task`: what ran, what it printed, made and changed."""

import sys
from contextlib import aclosing
from pathlib import Path
from typing import Annotated

import trio
import typer

from chorus_coordinator.deliver import write_artifacts
from chorus_coordinator.patch import patch
from chorus_coordinator.stdio import Stdio
from chorus_coordinator.told import outcome, size_text, summary, task_document
from chorus_hooks.blob import Blobs
from chorus_hooks.command import Host
from chorus_hooks.coordinator import Coordinator, TaskOutput
from chorus_hooks.errors import NotFound
from chorus_hooks.output import STDOUT
from chorus_hooks.service import Capabilities
from chorus_hooks.task import Result, Task

app = typer.Typer(help="List tasks, and look at what they left.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="A task's id, or how it begins.")]


@app.command("list")
def list_tasks(
    ctx: typer.Context,
    state: Annotated[str | None, typer.Option(help="Only tasks in this state.")] = None,
    project: Annotated[str | None, typer.Option(help="Only tasks of this project.")] = None,
    limit: Annotated[int, typer.Option(help="How many.")] = 50,
    cursor: Annotated[str, typer.Option(help="Where the page before ended.")] = "",
) -> None:
    """List tasks, newest first."""
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> tuple[tuple[Task, ...], str | None]:
        page = await capabilities.get(Coordinator).list(
            state=state, project=project, limit=limit, cursor=cursor
        )
        return page.tasks, page.cursor

    tasks, more = host.run(main, requires=(Coordinator,))
    lines = [_line(task) for task in tasks]
    if more:
        lines.append(f"more: chorus task list --cursor {more}")
    host.console.result({"tasks": [task_document(task) for task in tasks], "cursor": more}, "\n".join(lines))


@app.command()
def show(ctx: typer.Context, task_id: Id) -> None:
    """Show one task and its result."""
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> Task:
        return await capabilities.get(Coordinator).get(task_id)

    task = host.run(main, requires=(Coordinator,))
    host.console.result(task_document(task), summary(task))


@app.command()
def logs(
    ctx: typer.Context,
    task_id: Id,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Wait for more until it ends.")] = False,
) -> None:
    """Print what a task printed: its stdout on stdout, its stderr on stderr."""
    host: Host = ctx.obj
    kept: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}

    async def main(capabilities: Capabilities) -> None:
        stdio = Stdio(aside=False)
        coordinator = capabilities.get(Coordinator)
        async with aclosing(coordinator.follow(task_id, wait=follow)) as events:
            async for event in events:
                if not isinstance(event, TaskOutput):
                    continue
                if host.console.json:
                    kept["stdout" if event.stream == STDOUT else "stderr"] += event.data
                else:
                    await stdio.write(event.stream, event.data)

    host.run(main, requires=(Coordinator,))
    host.console.result({name: bytes(data).decode(errors="replace") for name, data in kept.items()}, "")


@app.command()
def artifacts(
    ctx: typer.Context,
    task_id: Id,
    out: Annotated[Path | None, typer.Option(help="Write them into this directory.")] = None,
) -> None:
    """List a task's artifacts, or write them into a directory."""
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> Result:
        result = await _result(capabilities, task_id)
        if out is not None:
            blobs = capabilities.get(Blobs)
            await trio.to_thread.run_sync(write_artifacts, blobs, result.artifacts, out)
        return result

    result = host.run(main, requires=(Coordinator, Blobs))
    rows = [f"{a.sha256[:16]}  {size_text(a.size):>9}  {a.path}" for a in result.artifacts]
    host.console.result({"artifacts": result.artifacts, "dropped": result.dropped}, "\n".join(rows))


@app.command()
def diff(ctx: typer.Context, task_id: Id) -> None:
    """Print how a task changed its source, as a patch that `git apply` takes."""
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> bytes:
        coordinator, blobs = capabilities.get(Coordinator), capabilities.get(Blobs)
        task = await coordinator.get(task_id)
        if task.result is None or task.result.changes is None:
            return b""
        source = task.document.source.sha256 if task.document.source else None
        return await trio.to_thread.run_sync(patch, blobs, source, task.result.changes)

    text = host.run(main, requires=(Coordinator, Blobs))
    if host.console.json:
        host.console.result({"patch": text.decode(errors="replace")}, "")
    else:
        sys.stdout.buffer.write(text)


@app.command()
def cancel(ctx: typer.Context, task_id: Id) -> None:
    """Cancel a task, also one that another process on this state dir runs."""
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> Task:
        return await capabilities.get(Coordinator).cancel(task_id)

    task = host.run(main, requires=(Coordinator,))
    host.console.result(task_document(task), _line(task))


async def _result(capabilities: Capabilities, task_id: str) -> Result:
    task = await capabilities.get(Coordinator).get(task_id)
    if task.result is None:
        raise NotFound(f"task {task.id[:12]} has no result yet", hint=f"chorus task logs -f {task.id[:12]}")
    return task.result


def _line(task: Task) -> str:
    first = task.document.commands[0] if task.document.commands else ""
    title = task.document.title or (first if isinstance(first, str) else " ".join(first))
    return f"{task.id[:12]}  {task.submitted_at[:19]}  {outcome(task)[:48]:<48}  {title[:60]}".rstrip()
