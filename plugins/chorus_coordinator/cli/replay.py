"""`chorus task replay`: a goal once more without a model, and whether it comes out the same."""

from collections.abc import Iterator
from typing import Annotated

import msgspec
import typer

from chorus_coordinator.cli.arguments import TaskId
from chorus_coordinator.cli.text import plain, table
from chorus_hooks.command import Host
from chorus_hooks.console import Console
from chorus_hooks.coordinator import Coordinator
from chorus_hooks.errors import Refused
from chorus_hooks.executor import Phase
from chorus_hooks.output import Stream
from chorus_hooks.replay import Replay, Replayer, Rerun, Rerunner
from chorus_hooks.service import Capabilities, find


def replay_task(
    ctx: typer.Context,
    task_id: TaskId,
    no_run: Annotated[
        bool, typer.Option("--no-run", help="Compare the transcript and the loop only: no sandbox is opened.")
    ] = False,
) -> None:
    """Replay a goal task without a model, and tell whether it comes out the same.

    The transcript has to be the one that the result names, and the loop has to ask and do the same with it.
    Then what the model had done is done again in a fresh sandbox here: the verdict and the changed files have
    to be the same. Exits with 0 when all is the same, and with 1 when something differs.
    """
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> Replay:
        replayer = find(capabilities, Replayer)
        if replayer is None:
            raise Refused(
                "no plugin here replays goals", hint="`chorus plugin list` shows which are disabled or failed"
            )
        rerunner = None if no_run else find(capabilities, Rerunner)
        if rerunner is None and not no_run:
            raise Refused("no plugin here runs tasks again", hint="--no-run compares the rest")
        task = await capabilities.get(Coordinator).get(task_id)
        return await replayer.replay(task, _Phases(host.console), rerunner)

    optional = (Replayer,) if no_run else (Replayer, Rerunner)
    replay = host.run(main, requires=(Coordinator,), optional=optional)
    host.console.result(msgspec.to_builtins(replay), "\n".join(table(list(_rows(replay)))))
    raise typer.Exit(0 if replay.same else 1)


class _Phases:
    """Tells the phases of the run, and nothing of what it prints: that has been seen."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def output(self, stream: Stream, data: bytes) -> None:
        """It is not shown."""

    async def phase(self, phase: Phase, text: str) -> None:
        """A line for each."""
        self._console.note(f"chorus: {phase}: {plain(text)}")


def _rows(replay: Replay) -> Iterator[tuple[str, str]]:
    whole = "" if replay.whole else ", without an end"
    yield "transcript", f"{replay.transcript[:12]}  {_counted(replay.lines, 'line')}{whole}"
    yield "loop", f"{_counted(replay.steps, 'step')}, {_counted(replay.tokens, 'token')}"
    if replay.run is not None:
        yield from _run(replay.run)
    if replay.not_run:
        yield "run", f"nothing was run: {plain(replay.not_run)}"
    yield "outcome", "the same" if replay.same else f"differs: {plain(replay.differs)}"


def _run(run: Rerun) -> Iterator[tuple[str, str]]:
    verdict = f"exit {run.exit_code}" if run.reason == "exited" else run.reason
    yield "run", f"{_counted(run.actions, 'action')} in {run.sandbox}: {verdict}"
    for note in run.steps:
        yield "note", plain(note)
    for path in run.files:
        yield "differs", plain(path)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
