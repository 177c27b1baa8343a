"""A listing that goes on: redrawn on a terminal, a line for each change elsewhere."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeAlias

from chorus_coordinator.cli.rows import HEADINGS, row
from chorus_hooks.console import Console
from chorus_hooks.task import Task

Show: TypeAlias = Callable[[Sequence[Task]], None]

_COLOURS: Final = {"succeeded": "green", "failed": "red", "cancelled": "yellow", "waiting": "dim"}


@contextmanager
def watched(console: Console) -> Iterator[Show]:
    """What shows the newest look at the tasks."""
    if console.live and sys.stdout.isatty():
        with _live_table() as show:
            yield show
    else:
        yield _changes(console)


def _changes(console: Console) -> Show:
    seen: dict[str, tuple[str, ...]] = {}

    def show(tasks: Sequence[Task]) -> None:
        for task in reversed(tasks):
            cells = row(task)
            if seen.get(task.id) != cells:
                console.result(None, "  ".join(cells))
        seen.update((task.id, row(task)) for task in tasks)

    return show


@contextmanager
def _live_table() -> Iterator[Show]:
    from rich.console import Console as Terminal
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

    with Live(console=Terminal(), auto_refresh=False, vertical_overflow="ellipsis") as live:

        def show(tasks: Sequence[Task]) -> None:
            table = Table(*HEADINGS, box=None, pad_edge=False, header_style="bold")
            for task in tasks:
                cells = row(task)
                table.add_row(
                    cells[0], Text(cells[1], _COLOURS.get(task.state, "cyan")), *map(Text, cells[2:])
                )
            live.update(table, refresh=True)

        yield show
