"""`chorus run`: submit a command task, show what it prints, exit with its code."""

import os
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Annotated

import trio
import typer

from chorus_coordinator.deliver import write_artifacts
from chorus_coordinator.flags import Flags, document
from chorus_coordinator.stdio import Stdio
from chorus_coordinator.told import exit_code, outcome, summary, task_document
from chorus_hooks.blob import Blobs
from chorus_hooks.command import Host
from chorus_hooks.console import Console
from chorus_hooks.coordinator import Coordinator, TaskOutput, TaskPhase
from chorus_hooks.journal import Checkpoint, Journal
from chorus_hooks.service import Capabilities
from chorus_hooks.source import Packer
from chorus_hooks.task import Task

app = typer.Typer()


@app.command(context_settings={"allow_interspersed_args": False})
def run(
    ctx: typer.Context,
    command: Annotated[list[str] | None, typer.Argument(metavar="CMD…", help="The command.")] = None,
    source: Annotated[Path | None, typer.Option(help="Directory to work on; .gitignore is honoured.")] = None,
    image: Annotated[str | None, typer.Option(help="Container image (Docker).")] = None,
    language: Annotated[str, typer.Option(help="Language, which chooses the image.")] = "auto",
    timeout: Annotated[str | None, typer.Option(help="For all commands together: 90s, 10m.")] = None,
    memory: Annotated[str | None, typer.Option(help="Memory: 512m, 2g.")] = None,
    cpus: Annotated[float | None, typer.Option(help="Processors.")] = None,
    pids: Annotated[int | None, typer.Option(help="Processes and threads.")] = None,
    disk: Annotated[str | None, typer.Option(help="Data, output and /tmp together: 768m.")] = None,
    max_output: Annotated[str | None, typer.Option(help="stdout and stderr together: 10m.")] = None,
    env: Annotated[list[str] | None, typer.Option("-e", "--env", metavar="NAME[=VALUE]")] = None,
    env_file: Annotated[Path | None, typer.Option(help="File of NAME=VALUE lines.")] = None,
    workdir: Annotated[str, typer.Option("-w", "--workdir", help="Under the source's copy.")] = ".",
    interactive: Annotated[bool, typer.Option("-i", "--interactive", help="Give it this stdin.")] = False,
    name: Annotated[str, typer.Option(help="A title for people.")] = "",
    verify: Annotated[
        list[str] | None, typer.Option(help="Shell line that decides, in a clean room.")
    ] = None,
    protect: Annotated[list[str] | None, typer.Option(help="Glob of files put back before verify.")] = None,
    out: Annotated[Path | None, typer.Option(help="Directory for the artifacts.")] = None,
    sandbox: Annotated[
        str | None, typer.Option(help="docker or bwrap, instead of the best there is.")
    ] = None,
) -> int:
    """Run a command in a sandbox, and wait for it.

    Exits with the command's own code; 124 timeout, 137 killed by a limit, 1 when only verify failed, 125
    for everything of CHORUS itself.
    """
    host: Host = ctx.obj
    flags = Flags(
        command=tuple(command or ()),
        image=image,
        language=language,
        timeout=timeout,
        memory=memory,
        cpus=cpus,
        pids=pids,
        disk=disk,
        max_output=max_output,
        env=tuple(env or ()),
        env_file=env_file,
        workdir=workdir,
        name=name,
        verify=tuple(verify or ()),
        protect=tuple(protect or ()),
        sandbox=sandbox,
    )
    document(flags, None, os.environ)  # a wrong flag is told before anything is packed

    async def main(capabilities: Capabilities) -> tuple[Task, Checkpoint]:
        sha256 = await _pack(capabilities.get(Packer), source, host.console) if source else None
        stdin = sys.stdin.buffer if interactive else None
        coordinator = capabilities.get(Coordinator)
        task = await coordinator.submit(document(flags, sha256, os.environ), stdin=stdin)
        task = await _watch(coordinator, task, host.console)
        if out is not None and task.result is not None:
            blobs = capabilities.get(Blobs)
            await trio.to_thread.run_sync(write_artifacts, blobs, task.result.artifacts, out)
        return task, await capabilities.get(Journal).checkpoint()

    task, checkpoint = host.run(main, requires=(Coordinator, Packer, Blobs, Journal))
    host.console.result(task_document(task), "")
    host.console.note(summary(task, checkpoint))
    code = exit_code(task.result)
    if code and host.console.quiet:
        print(f"chorus: {outcome(task)}", file=sys.stderr)
    return code


async def _pack(packer: Packer, source: Path, console: Console) -> str:
    packed = await packer.pack(source)
    for line in packed.skipped:
        console.note(f"chorus: left out {line}")
    return packed.sha256


async def _watch(coordinator: Coordinator, task: Task, console: Console) -> Task:
    """Print what it prints until it ends."""
    stdio = Stdio(aside=console.json)
    async with aclosing(coordinator.follow(task.id)) as events:
        async for event in events:
            match event:
                case TaskOutput():
                    await stdio.write(event.stream, event.data)
                case TaskPhase():
                    console.note(f"chorus: {event.text}")
                case Task():
                    task = event
    return task
