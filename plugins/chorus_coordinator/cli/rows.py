"""Tasks as rows of a listing. Pure."""

from typing import Final

from chorus_coordinator.cli.text import cut, title
from chorus_hooks.task import Task

HEADINGS: Final = ("ID", "STATE", "SUBMITTED", "TITLE")

_TITLE: Final = 60


def row(task: Task) -> tuple[str, str, str, str]:
    """One task; its state tells what a waiting one waits for."""
    state = f"{task.state} ({task.waiting_for})" if task.waiting_for else task.state
    return task.id[:12], state, task.submitted_at[:19].replace("T", " "), cut(title(task), _TITLE)
