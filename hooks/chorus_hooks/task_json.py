"""The JSON of tasks that scripts rely on: the document's own fields, and what became of it. Pure."""

from typing import Any

import msgspec

from chorus_hooks.task import Task, TaskDocument

_DOCUMENT = frozenset(TaskDocument.__struct_fields__)


def task_json(task: Task) -> dict[str, Any]:
    """One flat object: the fields of the document, and the id, the state, the result and when."""
    fields = msgspec.to_builtins(task)
    document: dict[str, Any] = fields.pop("document")
    return {**document, **fields}


def task_from_json(fields: dict[str, Any]) -> Task:
    """The task that `task_json` wrote. Fields that this version does not know are left out.

    Raises msgspec.ValidationError when it is no task.
    """
    document = {name: value for name, value in fields.items() if name in _DOCUMENT}
    rest = {name: value for name, value in fields.items() if name not in _DOCUMENT}
    return msgspec.convert({**rest, "document": document}, Task)
