"""The JSON of tasks that scripts rely on (contract, section 3a). Pure."""

from typing import Any

import msgspec

from chorus_hooks.coordinator import TaskPage
from chorus_hooks.task import Task


def task_json(task: Task) -> dict[str, Any]:
    """The task document's own fields, and beside them the id, the state, the result and when."""
    fields = msgspec.to_builtins(task)
    document: dict[str, Any] = fields.pop("document")
    return {**document, **fields}


def page_json(page: TaskPage) -> dict[str, Any]:
    """A page of tasks."""
    return {"tasks": [task_json(task) for task in page.tasks], "cursor": page.cursor}
