"""Secrets taken out of everything that goes to a provider or stays in a transcript."""

from dataclasses import replace
from typing import TypeVar

import msgspec

from chorus_hooks.provider import Message, ToolCall
from chorus_hooks.scanner import Scanner
from chorus_reasoner.event import Reply
from chorus_reasoner.talk import Talk, Turn

S = TypeVar("S", bound=msgspec.Struct)

_MOST_CACHED = 4096


class Redactor:
    """Remembers what it has looked at: a conversation is sent again with each step."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._seen: dict[str, str] = {}

    def text(self, text: str) -> str:
        """A text with its secrets masked."""
        clean = self._seen.get(text)
        if clean is None:
            if len(self._seen) >= _MOST_CACHED:
                self._seen.clear()
            clean = self._seen[text] = self._scanner.redact(text)
        return clean

    def talk(self, talk: Talk) -> Talk:
        """A whole conversation."""
        turns = tuple(map(self._turn, talk.turns))
        heard = tuple(map(self.fields, talk.heard))
        return msgspec.structs.replace(
            talk, prompt=self.text(talk.prompt), goal=self.text(talk.goal), turns=turns, heard=heard
        )

    def message(self, message: Message) -> Message:
        """A message of somebody else's conversation."""
        calls = tuple(self._call(call) for call in message.calls)
        return replace(message, text=self.text(message.text), calls=calls)

    def reply(self, reply: Reply) -> Reply:
        """A reply as it is kept. What it says to do was done with the original."""
        calls = tuple(self._call(call) for call in reply.calls)
        return msgspec.structs.replace(reply, text=self.text(reply.text), calls=calls)

    def fields(self, struct: S) -> S:
        """A value with each of its texts redacted."""
        values = {name: getattr(struct, name) for name in struct.__struct_fields__}
        return msgspec.structs.replace(struct, **{name: self._value(value) for name, value in values.items()})

    def _value(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, tuple):
            return tuple(map(self._value, value))
        return self.fields(value) if isinstance(value, msgspec.Struct) else value

    def _turn(self, turn: Turn) -> Turn:
        return Turn(
            said=self.text(turn.said),
            call=None if turn.call is None else self._call(turn.call),
            action=None if turn.action is None else self.fields(turn.action),
            seen=self.text(turn.seen),
        )

    def _call(self, call: ToolCall) -> ToolCall:
        return ToolCall(call.id, call.name, self.text(call.arguments))
