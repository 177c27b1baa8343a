"""How a model with tool calls says what to do. Pure."""

from typing import Any, Final

import msgspec

from chorus_hooks.provider import Tool, ToolCall
from chorus_reasoner.action import MAX_SUMMARY, Action, Edit, GiveUp, Malformed, Run, Submit, Write


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

INSTRUCTIONS: Final = """\
You act by calling tools: exactly ONE call in each reply, after a sentence or two of thought. `run` runs a
shell command, `write` writes a whole file, `edit` replaces one piece of text in a file, `submit` says that
the goal is reached, `give_up` says that it cannot be. The next message shows what came of your call.
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
}


def parse_call(call: ToolCall) -> Action | Malformed:
    """What a call means, or what is wrong with it."""
    kind = _KINDS.get(call.name)
    if kind is None:
        return Malformed(f"There is no tool {call.name[:80]!r}. The tools are {', '.join(_KINDS)}.")
    try:
        arguments = msgspec.json.decode(call.arguments.encode("utf-8", "surrogatepass"), type=dict[str, Any])
    except (ValueError, RecursionError):
        return Malformed(f"The arguments of {call.name} are no JSON object. {_wanted(kind)}")
    given = {name: value for name, value in arguments.items() if name in kind.__struct_fields__}
    missing = [name for name in kind.__struct_fields__ if not isinstance(given.get(name), str)]
    if missing:
        return Malformed(f"{call.name} needs {' and '.join(missing)}, as text. {_wanted(kind)}")
    return _checked(kind(**given))


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
    return "Give {" + ", ".join(f'"{name}": "…"' for name in kind.__struct_fields__) + "}."
