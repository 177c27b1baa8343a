"""The conversation with a model, in a form that any model can be given. Pure.

A turn keeps what was said apart from how: a model with tool calls can go on where one without them stopped.
"""

from typing import Final, Literal

import msgspec

from chorus_hooks.provider import Message, ToolCall
from chorus_reasoner import form, tools
from chorus_reasoner.action import Action, Run, Split, Write, block

Form = Literal["tools", "text"]

_EMPTY: Final = "(an empty reply)"


class Turn(msgspec.Struct, frozen=True):
    """One reply and what came of it. `action` is None when there was none in it."""

    said: str
    call: ToolCall | None
    action: Action | None
    seen: str


class Heard(msgspec.Struct, frozen=True):
    """What a person said when there were `after` turns."""

    after: int
    text: str


class Talk(msgspec.Struct, frozen=True):
    """All of it: the role's prompt, the goal as the model is told it, the turns, and what people said.

    `split` says that the model is told how to divide its goal.
    """

    prompt: str
    goal: str
    turns: tuple[Turn, ...] = ()
    heard: tuple[Heard, ...] = ()
    split: bool = False

    def and_then(self, turn: Turn) -> "Talk":
        """With one more turn."""
        return msgspec.structs.replace(self, turns=(*self.turns, turn))

    def and_said(self, text: str) -> "Talk":
        """With one more word of a person."""
        return msgspec.structs.replace(self, heard=(*self.heard, Heard(len(self.turns), text)))


def opening(talk: Talk, how: Form, note: str = "") -> tuple[Message, Message]:
    """The first two messages; `note` is told after the goal."""
    said = tools if how == "tools" else form
    instructions = said.INSTRUCTIONS + (said.SPLITTING if talk.split else "")
    goal = f"{talk.goal}\n\n{note}" if note else talk.goal
    return Message("system", f"{talk.prompt.rstrip()}\n\n{instructions}"), Message("user", goal)


def messages_of(turn: Turn, how: Form) -> tuple[Message, Message]:
    """A turn as two messages."""
    if turn.call is not None and how == "tools":
        call = ToolCall(turn.call.id, turn.call.name, _arguments(turn, turn.call))
        return Message("assistant", turn.said, (call,)), Message("tool", turn.seen, call_id=call.id)
    said = turn.said
    if turn.call is not None:
        said = "\n\n".join(part for part in (said, _block(turn.action)) if part)
    return Message("assistant", said or _EMPTY), Message("user", turn.seen)


def _arguments(turn: Turn, call: ToolCall) -> str:
    """Some servers parse what they are sent back: it has to be a JSON object."""
    if turn.action is not None:
        return tools.arguments_of(turn.action)
    return msgspec.json.encode({"text": call.arguments}).decode()


def _block(action: Action | None) -> str:
    match action:
        case Run(command):
            return f"````bash\n{command}\n````"
        case Write(path, content):
            return f"````file {path}\n{content}\n````"
        case Split(parts):
            return f"````split\n{block(parts)}\n````"
        case None:
            return ""
        case _:
            return tools.arguments_of(action)
