"""`chorus run`: one command in a sandbox, waited for."""

import os
import sys
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import trio
import typer

from chorus_coordinator.cli import request
from chorus_coordinator.cli.delivery import deliver
from chorus_coordinator.cli.json_form import task_json
from chorus_coordinator.cli.progress import Progress
from chorus_coordinator.cli.relay import Relay
from chorus_coordinator.cli.summary import LABELS, summary
from chorus_coordinator.cli.verdict import exit_code, verdict
from chorus_coordinator.document import check
from chorus_hooks.blob import Blobs
from chorus_hooks.command import Host
from chorus_hooks.console import Console
from chorus_hooks.coordinator import Coordinator, TaskOutput, TaskPhase
from chorus_hooks.errors import ChorusError, UsageError
from chorus_hooks.journal import Checkpoint, Journal
from chorus_hooks.service import Capabilities
from chorus_hooks.source import Packer
from chorus_hooks.task import Action, Source, Task, TaskDocument

app = typer.Typer()

_REQUIRES: Final = (Coordinator, Packer, Journal, Blobs)


@dataclass(frozen=True)
class Ended:
    """How it went: the task, what the journal is now, and what went wrong after the end."""

    task: Task
    checkpoint: Checkpoint
    failure: ChorusError | None


@dataclass(frozen=True)
class Run:
    """One `chorus run`: what was asked for, and how it is told."""

    console: Console
    document: TaskDocument
    source: Path | None
    out: Path | None
    stdin: BinaryIO | None

    async def main(self, capabilities: Capabilities) -> Ended:
        """Pack, submit, follow to the end, deliver."""
        coordinator = capabilities.get(Coordinator)
        document = await self._packed(capabilities.get(Packer))
        task = await coordinator.submit(document, stdin=self.stdin)
        task = await self._follow(coordinator, task.id)
        failure = await self._deliver(capabilities.get(Blobs), task)
        return Ended(task, await capabilities.get(Journal).checkpoint(), failure)

    async def _packed(self, packer: Packer) -> TaskDocument:
        if self.source is None:
            return self.document
        packed = await packer.pack(self.source)
        for skipped in packed.skipped:
            self.console.note(f"chorus: left out: {skipped}")
        return _replace(self.document, source=Source(sha256=packed.sha256))

    async def _follow(self, coordinator: Coordinator, task_id: str) -> Task:
        relay, progress = Relay(aside=self.console.json), Progress(self.console)
        ended: Task | None = None
        async with trio.open_nursery() as nursery, aclosing(coordinator.follow(task_id)) as events:
            nursery.start_soon(progress.tick)
            try:
                async for event in events:
                    if isinstance(event, TaskOutput):
                        progress.output_follows()
                        await relay.write(event.stream, event.data)
                    elif isinstance(event, TaskPhase):
                        progress.phase(event, after_open_line=relay.leave_line())
                    else:
                        ended = event
            finally:
                progress.end(after_open_line=relay.leave_line())
                nursery.cancel_scope.cancel()
        assert ended is not None
        return ended

    async def _deliver(self, blobs: Blobs, task: Task) -> ChorusError | None:
        if self.out is None or task.result is None:
            return None
        try:
            await trio.to_thread.run_sync(
                deliver, blobs.open, task.result.artifacts, self.out, trio.from_thread.check_cancelled
            )
        except ChorusError as error:
            return error
        return None


@app.command(context_settings={"allow_interspersed_args": False})
def run(
    ctx: typer.Context,
    command: Annotated[list[str] | None, typer.Argument(metavar="CMD...", help="The command.")] = None,
    source: Annotated[Path | None, typer.Option(metavar="DIR", help="Work on a copy of DIR.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the artifacts to DIR.")] = None,
    verify: Annotated[
        list[str] | None, typer.Option(metavar="CMD", help="Decides success, in a fresh sandbox. Repeatable.")
    ] = None,
    protect: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Files put back as they were before verify. Repeatable."),
    ] = None,
    image: Annotated[str | None, typer.Option(help="The container image, where images are used.")] = None,
    language: Annotated[str, typer.Option(help="The language, when it is not to be detected.")] = "auto",
    sandbox: Annotated[
        str | None, typer.Option(metavar="docker|bwrap", help="Run there or not at all.")
    ] = None,
    timeout: Annotated[str | None, typer.Option(metavar="TIME", help="Time limit: 90, 15s, 2m.")] = None,
    memory: Annotated[str | None, typer.Option(metavar="SIZE", help="Memory limit: 768m, 2g.")] = None,
    cpus: Annotated[float | None, typer.Option(metavar="N", help="How many cpus.")] = None,
    pids: Annotated[int | None, typer.Option(metavar="N", help="How many processes.")] = None,
    disk: Annotated[str | None, typer.Option(metavar="SIZE", help="How much may be written.")] = None,
    max_output: Annotated[str | None, typer.Option(metavar="SIZE", help="How much may be printed.")] = None,
    env: Annotated[
        list[str] | None, typer.Option("-e", "--env", metavar="K[=V]", help="A variable. Repeatable.")
    ] = None,
    env_file: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Variables, one NAME=VALUE a line. Repeatable.")
    ] = None,
    workdir: Annotated[
        str, typer.Option("-w", "--workdir", metavar="DIR", help="Where in the source to start.")
    ] = ".",
    interactive: Annotated[bool, typer.Option("-i", "--interactive", help="Pass stdin on.")] = False,
    name: Annotated[str, typer.Option(help="A title for the task.")] = "",
) -> None:
    """Run a command in a sandbox, wait for it, and exit with its code."""
    host: Host = ctx.obj
    if not command:
        raise UsageError("no command is given", hint="chorus run -- make check")
    document = TaskDocument(
        title=name,
        commands=(tuple(command),),
        verify=_actions(verify),
        protect=tuple(protect or ()),
        language=language,
        image=image,
        workdir=request.workdir(workdir),
        env=request.environment(env_file or (), env or (), os.environ),
        requires=() if sandbox is None else (f"sandbox:{sandbox}",),
        limits=request.limits(
            timeout=timeout, memory=memory, cpus=cpus, pids=pids, disk=disk, output=max_output
        ),
    )
    check(document)  # a wrong option is told before anything is packed
    stdin = _stdin() if interactive else None
    work = Run(host.console, document, source, out, stdin)
    ended = host.run(work.main, requires=_REQUIRES)
    raise typer.Exit(_close(host.console, ended, out))


def _close(console: Console, ended: Ended, out: Path | None) -> int:
    """The closing summary; the last line of stderr is the reason. Returns the exit code."""
    console.result(task_json(ended.task), "")
    code = exit_code(ended.task)
    delivered = str(out) if out is not None and ended.failure is None else ""
    for line in summary(ended.task, ended.checkpoint, delivered=delivered):
        console.note(f"\x1b[2m{line[:LABELS]}\x1b[0m{line[LABELS:]}" if console.live else line)
    if ended.failure is not None and code == 0:
        raise ended.failure
    if not console.quiet or (ended.task.result and ended.task.result.reason != "exited"):
        print(_coloured(f"chorus: {verdict(ended.task)}", code, console), file=sys.stderr)
    return code


def _coloured(text: str, code: int, console: Console) -> str:
    if not console.live:
        return text
    return f"\x1b[1;{31 if code else 32}m{text}\x1b[0m"


def _actions(lines: Sequence[str] | None) -> tuple[Action, ...]:
    return tuple(lines or ())


def _stdin() -> BinaryIO:
    if sys.stdin is None or sys.stdin.closed:
        raise UsageError("-i passes stdin on, but stdin is closed")
    return sys.stdin.buffer


def _replace(document: TaskDocument, **fields: Any) -> TaskDocument:
    import msgspec

    return msgspec.structs.replace(document, **fields)
