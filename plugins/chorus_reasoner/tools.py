"""How a model with tool calls says what to do. Pure."""

from typing import Any, Final

import msgspec

from chorus_hooks.provider import Tool, ToolCall
from chorus_hooks.subtasks import MOST_PARTS
from chorus_reasoner.action import (
    LEAST_PARTS,
    MAX_SUMMARY,
    Action,
    Edit,
    GiveUp,
    Malformed,
    Part,
    Run,
    Split,
    Submit,
    Write,
    split_of,
)


def _tool(name: str, meaning: str, **parameters: str) -> Tool:
    properties = {key: {"type": "string", "description": text} for key, text in parameters.items()}
    schema = {"type": "object", "properties": properties, "required": list(parameters)}
    return Tool(name, meaning, schema)


TOOLS: Final = (
    _tool(
        "run",
        "Run a shell command in the working directory, and see its output.",
        command="What `sh -c` runs. It gets no input, and ends after some minutes.",
    ),
    _tool(
        "write",
        "Write a whole file; its directories are made.",
        path="Relative to the working directory.",
        content="All of the file.",
    ),
    _tool(
        "edit",
        "Replace one piece of text in a file.",
        path="Relative to the working directory.",
        old="The text to replace, exactly as it stands in the file. It must occur once.",
        new="What takes its place.",
    ),
    _tool("submit", "Say that the goal is reached.", summary="What you did, in a few sentences."),
    _tool("give_up", "Say that the goal cannot be reached.", why="What stands in the way."),
)

SPLIT: Final = Tool(
    "split",
    "Have parts of the goal worked on by others, each in a copy of the project as it is now, and get their"
    " changes merged into yours. For large goals with parts that touch different files.",
    {
        "type": "object",
        "properties": {
            "parts": {
                "type": "array",
                "description": f"{LEAST_PARTS} to {MOST_PARTS} parts.",
                "items": {
                    "type": "object",
                    "properties": {
                        "goal": {
                            "type": "string",
                            "description": "What this part is to reach. Who works on it sees only this.",
                        },
                        "verify": {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "Shell commands that pass when the part is reached.",
                        },
                    },
                    "required": ["goal"],
                },
            }
        },
        "required": ["parts"],
    },
)


def offered(*, split: bool) -> tuple[Tool, ...]:
    """The tools of one attempt."""
    return (*TOOLS, SPLIT) if split else TOOLS


INSTRUCTIONS: Final = """\
You act by calling tools: exactly ONE call in each reply, after a sentence or two of thought. `run` runs a
shell command, `write` writes a whole file, `edit` replaces one piece of text in a file, `submit` says that
the goal is reached, `give_up` says that it cannot be. The next message shows what came of your call.
"""

SPLITTING: Final = """\
A large goal may be divided: `split` has parts of it worked on by others, and merges what they changed.
"""

NO_CALL: Final = (
    "There was no tool call in your reply. Call exactly one tool: run, write, edit, submit or give_up."
)

_KINDS: Final[dict[str, type[Action]]] = {
    "run": Run,
    "write": Write,
    "edit": Edit,
    "submit": Submit,
    "give_up": GiveUp,
    "split": Split,
}


def parse_call(call: ToolCall) -> Action | Malformed:
    """What a call means, or what is wrong with it."""
    kind = _KINDS.get(call.name)
    if kind is None:
        known = ", ".join(tool.name for tool in TOOLS)
        return Malformed(f"There is no tool {call.name[:80]!r}. The tools are {known}.")
    try:
        arguments = msgspec.json.decode(call.arguments.encode("utf-8", "surrogatepass"), type=dict[str, Any])
    except (ValueError, RecursionError):
        return Malformed(f"The arguments of {call.name} are no JSON object. {_wanted(kind)}")
    if kind is Split:
        return _split(arguments)
    given = {name: value for name, value in arguments.items() if name in kind.__struct_fields__}
    missing = [name for name in kind.__struct_fields__ if not isinstance(given.get(name), str)]
    if missing:
        return Malformed(f"{call.name} needs {' and '.join(missing)}, as text. {_wanted(kind)}")
    return _checked(kind(**given))


def _split(arguments: dict[str, Any]) -> Split | Malformed:
    try:
        parts = msgspec.convert(arguments.get("parts"), tuple[Part, ...])
    except msgspec.ValidationError as error:
        return Malformed(f"The parts of a split cannot be read: {error}. {_wanted(Split)}")
    return split_of(parts)


def arguments_of(action: Action) -> str:
    """The arguments of the call that means this action."""
    return msgspec.json.encode({name: getattr(action, name) for name in action.__struct_fields__}).decode()


def _checked(action: Action) -> Action | Malformed:
    match action:
        case Run(command) if not command.strip():
            return Malformed("The command is empty.")
        case Submit(summary):
            return Submit(summary[:MAX_SUMMARY])
        case GiveUp(why):
            return GiveUp(why[:MAX_SUMMARY] or "it did not say why")
    return action


def _wanted(kind: type[Action]) -> str:
    if kind is Split:
        return 'Give {"parts": [{"goal": "…", "verify": ["…"]}, {"goal": "…"}]}.'
    return "Give {" + ", ".join(f'"{name}": "…"' for name in kind.__struct_fields__) + "}."
