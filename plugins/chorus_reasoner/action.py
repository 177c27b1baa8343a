"""What a model may do in one step. Pure."""

from typing import Final

import msgspec

MAX_SUMMARY: Final = 4000
"""Characters of a summary or a reason to give up that are kept."""


class Run(msgspec.Struct, frozen=True, tag="run"):
    """Run one shell line in the working directory."""

    command: str


class Write(msgspec.Struct, frozen=True, tag="write"):
    """Write a whole file."""

    path: str
    content: str


class Edit(msgspec.Struct, frozen=True, tag="edit"):
    """Replace the one place in a file where `old` stands."""

    path: str
    old: str
    new: str


class Submit(msgspec.Struct, frozen=True, tag="submit"):
    """Say that the goal is reached: a claim."""

    summary: str


class GiveUp(msgspec.Struct, frozen=True, tag="give_up"):
    """Say that it cannot be reached."""

    why: str


Deed = Run | Write | Edit
Action = Run | Write | Edit | Submit | GiveUp


class Malformed(msgspec.Struct, frozen=True, tag="malformed"):
    """A reply without an action in it; `fault` tells the model what to do about it."""

    fault: str


def headline(action: Action) -> str:
    """An action in one line, for a person."""
    match action:
        case Run(command):
            first, *more = command.strip().split("\n")
            return f"$ {first}" + (f" (and {len(more)} more lines)" if more else "")
        case Write(path, content):
            return f"write {path} ({len(content.encode())} bytes)"
        case Edit(path):
            return f"edit {path}"
        case Submit():
            return "submit"
        case GiveUp():
            return "give up"


def shown(deed: Deed) -> str:
    """All of an action, for a person who has to approve it."""
    match deed:
        case Run(command):
            return command
        case Write(path, content):
            return f"write {path}:\n{content}"
        case Edit(path, old, new):
            return f"edit {path}, replace:\n{old}\nby:\n{new}"


def replaced(content: str, edit: Edit) -> str:
    """The file after an edit. Raises ValueError, with a text for the model, when it does not apply."""
    if not edit.old:
        raise ValueError("`old` is empty: give the text to replace, as it stands in the file")
    count = content.count(edit.old)
    if count == 0:
        raise ValueError("`old` does not occur in the file: look at the file, and copy the text exactly")
    if count > 1:
        raise ValueError(f"`old` occurs {count} times in the file: give more lines around it")
    return content.replace(edit.old, edit.new)
