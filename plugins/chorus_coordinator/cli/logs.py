"""`chorus task logs`: what a task printed."""

import codecs
from contextlib import aclosing
from typing import Annotated, Any, Final

import typer

from chorus_coordinator.cli.arguments import TaskId
from chorus_coordinator.cli.relay import Relay
from chorus_coordinator.cli.telling import known
from chorus_hooks.command import Host
from chorus_hooks.coordinator import Coordinator, TaskOutput
from chorus_hooks.output import STDERR, STDOUT, Stream
from chorus_hooks.service import Capabilities
from chorus_hooks.task import Task

_NAMES: Final[dict[Stream, str]] = {STDOUT: "stdout", STDERR: "stderr"}


def show_logs(
    ctx: typer.Context,
    task_id: TaskId,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until the task ends.")] = False,
    stdout: Annotated[bool, typer.Option("--stdout", help="Only what it printed to stdout.")] = False,
    stderr: Annotated[bool, typer.Option("--stderr", help="Only what it printed to stderr.")] = False,
) -> None:
    """Print what a task printed: its stdout to stdout, its stderr to stderr.

    With -f it goes on until the task ends; when the node is restarted meanwhile, it goes on by itself. It
    exits with 0 however the task ended: `chorus task wait` tells that.
    """
    host: Host = ctx.obj
    wanted = {STDOUT: stdout or not stderr, STDERR: stderr or not stdout}
    pieces = _Pieces()

    async def main(capabilities: Capabilities) -> Task:
        relay, last = Relay(), None
        async with aclosing(capabilities.get(Coordinator).follow(task_id, wait=follow)) as events:
            async for event in events:
                if isinstance(event, Task):
                    last = event
                elif not isinstance(event, TaskOutput) or not wanted[event.stream]:
                    continue
                elif host.console.json:
                    pieces.add(event)
                else:
                    await relay.write(event.stream, event.data)
        return known(last, task_id)

    task = host.run(main, requires=(Coordinator,))
    host.console.result({"id": task.id, "state": task.state, "output": pieces.told}, "")


class _Pieces:
    """Output as JSON: text, where a character that two pieces share goes to the later one."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        new = codecs.getincrementaldecoder("utf-8")
        self._decoders = {stream: new("replace") for stream in _NAMES}

    def add(self, event: TaskOutput) -> None:
        text = self._decoders[event.stream].decode(event.data)
        self.told.append({"stream": _NAMES[event.stream], "text": text, "offset": event.offset})
