"""A task followed to its end, for the person who waits: its output passed on, its phases shown."""

from contextlib import aclosing

import trio

from chorus_coordinator.cli.progress import Progress
from chorus_coordinator.cli.relay import Relay
from chorus_hooks.console import Console
from chorus_hooks.coordinator import Coordinator, TaskOutput, TaskPhase
from chorus_hooks.errors import ChorusError
from chorus_hooks.task import Task


async def tell(coordinator: Coordinator, task_id: str, console: Console) -> Task:
    """Follow the task, and return it as it ended. With `--json` its output goes to stderr."""
    relay, progress = Relay(aside=console.json), Progress(console)
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
    return known(ended, task_id)


def known(task: Task | None, task_id: str) -> Task:
    """The task that ended what was told of it. Raises ChorusError when it did not come."""
    if task is None:
        raise ChorusError(f"what was told of the task {task_id} ended before the task", hint="ask again")
    return task
