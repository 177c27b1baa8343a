"""`chorus run`: one command in a sandbox, waited for."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
import trio
import typer

from chorus_coordinator.cli import options, request
from chorus_coordinator.cli.delivery import deliver
from chorus_coordinator.cli.packing import packed
from chorus_coordinator.cli.summary import LABELS, summary
from chorus_coordinator.cli.telling import tell
from chorus_coordinator.cli.verdict import exit_code, verdict
from chorus_coordinator.document import check
from chorus_hooks.blob import Blobs
from chorus_hooks.command import Host
from chorus_hooks.console import Console
from chorus_hooks.coordinator import Coordinator
from chorus_hooks.errors import ChorusError, UsageError
from chorus_hooks.journal import Checkpoint, Checkpoints
from chorus_hooks.service import Capabilities
from chorus_hooks.source import Packer
from chorus_hooks.task import Action, Task, TaskDocument
from chorus_hooks.task_json import task_json

app = typer.Typer()

_REQUIRES: Final = (Coordinator, Packer, Checkpoints, Blobs)


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
    after: Sequence[str] = ()

    async def main(self, capabilities: Capabilities) -> Ended:
        """Pack, submit, follow to the end, deliver."""
        coordinator = capabilities.get(Coordinator)
        task = await coordinator.submit(await self._whole(capabilities), stdin=self.stdin)
        task = await tell(coordinator, task.id, self.console)
        failure = await self._deliver(capabilities.get(Blobs), task)
        return Ended(task, await capabilities.get(Checkpoints).checkpoint(), failure)

    async def detached(self, capabilities: Capabilities) -> Task:
        """Pack and submit."""
        document = await self._whole(capabilities)
        return await capabilities.get(Coordinator).submit(document, attended=False)

    async def _whole(self, capabilities: Capabilities) -> TaskDocument:
        coordinator = capabilities.get(Coordinator)
        tasks = [(await coordinator.get(task_id)).id for task_id in self.after]
        document = msgspec.structs.replace(self.document, depends_on=tuple(dict.fromkeys(tasks)))
        check(document)
        return await packed(capabilities.get(Packer), self.console, document, self.source)

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
    command: options.Command = None,
    source: options.Source = None,
    out: options.Out = None,
    verify: options.Verify = None,
    protect: options.Protect = None,
    image: options.Image = None,
    language: options.Language = "auto",
    sandbox: options.Sandbox = None,
    timeout: options.Timeout = None,
    memory: options.Memory = None,
    cpus: options.Cpus = None,
    pids: options.Pids = None,
    disk: options.Disk = None,
    max_output: options.MaxOutput = None,
    env: options.Variables = None,
    env_file: options.VariableFiles = None,
    workdir: options.Workdir = ".",
    interactive: options.Interactive = False,
    name: options.Name = "",
    goal: options.Goal = None,
    role: options.Role = None,
    model: options.Model = None,
    agent: options.Agent = None,
    steps: options.Steps = None,
    tokens: options.Tokens = None,
    cost: options.Cost = None,
    allow_test_changes: options.AllowTestChanges = False,
    after: options.After = None,
    detach: options.Detach = False,
) -> None:
    """Run a command in a sandbox, wait for it, and exit with its code.

    With --goal a model works in the sandbox instead, step by step, and what --verify says in a fresh one
    decides: 0 when the goal is reached, else 1. Files that judge the work (tests, CI) are put back first.
    With --agent it is that program which works there, and models are lent to it.

    It runs in the node of this state dir, or of CHORUS_URL, when one is up, else in this process; with -i
    always in this process. Ctrl-C ends the task too, wherever it runs.
    """
    host: Host = ctx.obj
    kind = request.work(goal, command, verify)
    if detach and (interactive or out is not None):
        raise UsageError(
            "--detach does not wait, so there is neither stdin nor --out",
            hint="fetch artifacts later with `chorus task artifacts ID --out DIR`",
        )
    document = TaskDocument(
        kind=kind,
        title=name,
        goal=goal,
        role=role,
        model=model,
        agent=agent,
        allow_test_changes=allow_test_changes,
        commands=(tuple(command),) if command else (),
        verify=_actions(verify),
        protect=tuple(protect or ()),
        language=language,
        image=image,
        workdir=request.workdir(workdir),
        env=request.environment(env_file or (), env or (), os.environ),
        requires=() if sandbox is None else (f"sandbox:{sandbox}",),
        limits=request.limits(
            timeout=timeout,
            memory=memory,
            cpus=cpus,
            pids=pids,
            disk=disk,
            output=max_output,
            steps=steps,
            tokens=tokens,
            cost=cost,
        ),
    )
    check(document)  # a wrong option is told before anything is packed
    stdin = _stdin() if interactive else None
    work = Run(host.console, document, source, out, stdin, after or ())
    if detach:
        task = host.run(work.detached, requires=(Coordinator, Packer), where="node")
        host.console.result(task_json(task), task.id)
        return
    ended = host.run(work.main, requires=_REQUIRES, where="here" if interactive else "auto")
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
