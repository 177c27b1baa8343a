"""`chorus task list`: what tasks there are; with --watch, as they change."""

from typing import Annotated, Final, NoReturn

import trio
import typer

from chorus_coordinator.cli.rows import HEADINGS, row
from chorus_coordinator.cli.text import table
from chorus_hooks.command import Host
from chorus_hooks.coordinator import Coordinator, TaskPage
from chorus_hooks.errors import UsageError
from chorus_hooks.service import Capabilities
from chorus_hooks.task_json import task_json

WATCH_S: Final = 1.0
"""Between two looks of --watch: a look costs the node a few milliseconds."""


def list_tasks(
    ctx: typer.Context,
    state: Annotated[str | None, typer.Option(help="Only tasks in this state.")] = None,
    project: Annotated[str | None, typer.Option(help="Only tasks of this project.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.")] = 50,
    cursor: Annotated[str, typer.Option(help="Go on where the page before ended.")] = "",
    watch: Annotated[
        bool, typer.Option("-w", "--watch", help="Go on: a live table, or a line for each change.")
    ] = False,
) -> None:
    """List tasks, newest first.

    With --watch it goes on until Ctrl-C: on a terminal the table is kept up to date, elsewhere each task
    is printed again when it changes.
    """
    host: Host = ctx.obj
    if watch and host.console.json:
        raise UsageError("--watch has no end, and --json is one document", hint="leave one of them out")

    async def look(capabilities: Capabilities) -> TaskPage:
        coordinator = capabilities.get(Coordinator)
        return await coordinator.list(state=state, project=project, limit=limit, cursor=cursor)

    async def keep_looking(capabilities: Capabilities) -> NoReturn:
        from chorus_coordinator.cli.watch import watched

        with watched(host.console) as show:
            while True:
                show((await look(capabilities)).tasks)
                await trio.sleep(WATCH_S)

    if watch:
        host.run(keep_looking, requires=(Coordinator,))
    page = host.run(look, requires=(Coordinator,))
    document = {"tasks": [task_json(task) for task in page.tasks], "cursor": page.cursor}
    rows = [HEADINGS, *map(row, page.tasks)]
    host.console.result(document, "\n".join(table(rows)) if page.tasks else "")
    if page.cursor is not None and not host.console.json:
        host.console.note(f"chorus: there are more; go on with --cursor {page.cursor}")
