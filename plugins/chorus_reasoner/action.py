"""What a model may do in one step. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from chorus_hooks.subtasks import MOST_PARTS

LEAST_PARTS: Final = 2
MOST_CHECKS: Final = 8
MAX_GOAL: Final = 4000
"""Characters of the goal of a part."""
BETWEEN: Final = "---"
VERIFY: Final = "VERIFY:"
"""How a block separates parts, and how the lines begin that check one."""

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


class Part(msgspec.Struct, frozen=True):
    """A part of a goal, and what decides whether it is reached; without any, the check of the whole does."""

    goal: str
    verify: tuple[str, ...] = ()


class Split(msgspec.Struct, frozen=True, tag="split"):
    """Have parts of the goal worked on one by one or at once, each in a copy of the project."""

    parts: tuple[Part, ...]


class Submit(msgspec.Struct, frozen=True, tag="submit"):
    """Say that the goal is reached: a claim."""

    summary: str


class GiveUp(msgspec.Struct, frozen=True, tag="give_up"):
    """Say that it cannot be reached."""

    why: str


Deed = Run | Write | Edit | Split
Action = Run | Write | Edit | Split | Submit | GiveUp


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
        case Split(parts):
            return f"split into {len(parts)} parts"
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
        case Split(parts):
            return f"split into {len(parts)} parts:\n{block(parts)}"


def block(parts: tuple[Part, ...]) -> str:
    """Parts as they stand in a fenced block."""
    return f"\n{BETWEEN}\n".join(
        "\n".join([part.goal, *(f"{VERIFY} {line}" for line in part.verify)]) for part in parts
    )


def split_of(parts: Sequence[Part]) -> Split | Malformed:
    """The parts as an action, or what is wrong with them."""
    if not LEAST_PARTS <= len(parts) <= MOST_PARTS:
        return Malformed(f"A split has {LEAST_PARTS} to {MOST_PARTS} parts, not {len(parts)}.")
    if any(not part.goal.strip() for part in parts):
        return Malformed("A part without a goal cannot be worked on: say for each what is to be reached.")
    if any(len(part.verify) > MOST_CHECKS or not all(map(str.strip, part.verify)) for part in parts):
        return Malformed(f"A part has up to {MOST_CHECKS} commands that check it, and no empty one.")
    if any(len(part.goal) > MAX_GOAL for part in parts):
        return Malformed(f"The goal of a part has at most {MAX_GOAL} characters: say it shorter.")
    return Split(tuple(parts))


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
