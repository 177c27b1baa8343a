"""The page of the JSON of tasks, from the structs that read and write it."""

import types
import typing
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from chorus_hooks.replay import Replay, Rerun
from chorus_hooks.task import (
    Action,
    Artifact,
    Changes,
    Limits,
    Reason,
    Result,
    Source,
    Step,
    Task,
    TaskDocument,
    Thinking,
    Usage,
)
from contrib.reference.markdown import page, prose, quoted, table

LEAD = """\
A task is a JSON document: what `chorus task submit` and `POST /api/v1/tasks` take. Unknown fields are
refused in it. What comes back is one flat object, the document's own fields and beside them those of
[the task](#task), and it may get more fields in later versions, so ignore those that you do not know. What
the other commands print is on [a page of its own](json-output.md)."""

TITLES: dict[type[msgspec.Struct], str] = {
    TaskDocument: "Task document",
    Limits: "Limits",
    Source: "Source",
    Task: "Task",
    Result: "Result",
    Step: "Step",
    Usage: "Usage",
    Artifact: "Artifact",
    Changes: "Changes",
    Thinking: "Thinking",
    Replay: "Replay",
    Rerun: "Rerun",
}

_WORDS: dict[Any, str] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "true or false",
    type(None): "null",
    Action: "a shell line (text) or an argv (array of text)",
    Reason: "[reason](errors.md#why-a-task-ended)",
}


def json_page() -> str:
    """The whole page."""
    return page("JSON of a task", LEAD, *(part for struct in TITLES for part in section(struct)))


def section(struct: type[msgspec.Struct]) -> Iterator[str]:
    """One struct: what it is, and its fields."""
    yield f"## {TITLES[struct]}"
    yield prose(struct.__doc__).replace("None", "null")
    hints = get_type_hints(struct)
    fields = [field for field in msgspec.structs.fields(struct) if field.type is not TaskDocument]
    yield table(
        ("field", "is", "default"),
        [(quoted(field.encode_name), words(hints[field.name]), default(field)) for field in fields],
    )


def words(kind: Any) -> str:
    """A type as a reader of JSON would say it."""
    if kind in _WORDS:
        return _WORDS[kind]
    if kind in TITLES:
        title = TITLES[kind]
        return f"[{title}](#{title.lower().replace(' ', '-')})"
    inner = get_args(kind)
    match get_origin(kind):
        case typing.Union | types.UnionType:
            return " or ".join(dict.fromkeys(words(part) for part in inner))
        case origin if origin is Literal:
            return ", ".join(quoted(str(value)) for value in inner)
        case origin if origin is dict:
            return f"object of {words(inner[1])}"
        case origin if origin is tuple:
            return f"array of {words(inner[0])}"
    raise TypeError(f"no words for {kind!r}: add it to TITLES")


def default(field: msgspec.structs.FieldInfo) -> str:
    """What a document gets that leaves the field out; empty when it must be there."""
    if field.required:
        return ""
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return (
        "its defaults" if isinstance(value, msgspec.Struct) else quoted(msgspec.json.encode(value).decode())
    )
