"""A conversation made to fit what a model can read. Pure.

Old observations are shortened first, then old replies go, oldest first; the goal is kept whole always, what
people said as long as it takes at most half of the room, the last turns as long as that is possible. Lengths
in tokens are estimates on the safe side: three bytes each.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from chorus_hooks.provider import Message, Tool, ToolCall
from chorus_reasoner import hearing
from chorus_reasoner.action import Action, Edit, Part, Run, Split, Write
from chorus_reasoner.excerpt import head_and_tail
from chorus_reasoner.talk import Form, Heard, Talk, Turn, messages_of, opening
from chorus_reasoner.tools import offered

KEPT: Final = 3
"""Turns at the end that are shortened only when nothing else helps."""

_OLD: Final = 300
_SIZES: Final = (6000, 3000, 1500, 700)
_SMALL: Final = (300, 100)
_MESSAGE: Final = 8


def tokens_of(text: str) -> int:
    """About how many tokens a text is, rather too many than too few."""
    return (len(text.encode("utf-8", "replace")) + 2) // 3


def message_tokens(message: Message) -> int:
    """About how many tokens a message is."""
    calls = sum(tokens_of(call.name) + tokens_of(call.arguments) + _MESSAGE for call in message.calls)
    return _MESSAGE + tokens_of(message.text) + calls


def tool_tokens(offered: Iterable[Tool]) -> int:
    """About how many tokens the definitions of tools are."""
    schemas: list[Any] = [[tool.name, tool.meaning, dict(tool.parameters)] for tool in offered]
    return tokens_of(msgspec.json.encode(schemas).decode()) if schemas else 0


_TOOLS: Final = {split: tool_tokens(offered(split=split)) for split in (False, True)}


def least(talk: Talk, how: Form) -> int:
    """Tokens without which nothing can be asked: the prompt, the goal, and the last word of a person."""
    fixed = sum(map(message_tokens, opening(talk, how, _left_out(len(talk.turns)))))
    return fixed + _heard_tokens(hearing.newest(talk.heard)) + (_TOOLS[talk.split] if how == "tools" else 0)


def fit(talk: Talk, how: Form, most: int) -> tuple[Message, ...] | None:
    """Messages of at most `most` tokens, tools included; None when not even the goal fits."""
    room = most - least(talk, how)
    if room < 0:
        return None
    certain = _heard_tokens(hearing.newest(talk.heard))
    heard = hearing.keep(talk.heard, 3 * (certain + room // 2))
    room -= max(0, _heard_tokens(heard) - certain)
    turns = list(talk.turns)
    sizes = [_turn_tokens(turn, how) for turn in turns]
    _shorten_old(turns, sizes, how, room)
    dropped = _drop(sizes, room)
    turns = _squeeze(turns[dropped:], how, room)
    dropped = len(talk.turns) - len(turns)
    first = opening(talk, how, _left_out(dropped) if dropped else "")
    return _woven(first, turns, dropped, heard, how)


def _woven(
    messages: tuple[Message, ...], turns: list[Turn], dropped: int, heard: tuple[Heard, ...], how: Form
) -> tuple[Message, ...]:
    """The opening and the turns, with what people said in its place; of turns that are gone, first."""
    messages = hearing.told(messages, (one for one in heard if one.after <= dropped))
    for place, turn in enumerate(turns, dropped + 1):
        messages = (*messages, *messages_of(turn, how))
        messages = hearing.told(messages, [one for one in heard if one.after == place])
    return messages


def _heard_tokens(heard: tuple[Heard, ...]) -> int:
    return tokens_of(hearing.said(heard)) + 2 * _MESSAGE * len(heard)


def _turn_tokens(turn: Turn, how: Form) -> int:
    return sum(map(message_tokens, messages_of(turn, how)))


def _left_out(turns: int) -> str:
    return f"[{turns} earlier steps are left out here]"


def _shorten_old(turns: list[Turn], sizes: list[int], how: Form, room: int) -> None:
    total = sum(sizes)
    for index in range(len(turns) - KEPT):
        if total <= room:
            return
        turns[index] = msgspec.structs.replace(turns[index], seen=head_and_tail(turns[index].seen, _OLD))
        total -= sizes[index]
        sizes[index] = _turn_tokens(turns[index], how)
        total += sizes[index]


def _drop(sizes: list[int], room: int) -> int:
    """How many of the oldest turns go."""
    total, dropped = sum(sizes), 0
    while total > room and len(sizes) - dropped > KEPT:
        total -= sizes[dropped]
        dropped += 1
    return dropped


def _squeeze(turns: list[Turn], how: Form, room: int) -> list[Turn]:
    """The last turns, shortened alike until they fit, or fewer of them, the very last one to a stump."""
    while turns:
        for size in (None, *_SIZES, *(_SMALL if len(turns) == 1 else ())):
            short = turns if size is None else [_shortened(turn, size) for turn in turns]
            if sum(_turn_tokens(turn, how) for turn in short) <= room:
                return short
        turns = turns[1:]
    return []


def _shortened(turn: Turn, size: int) -> Turn:
    call = turn.call
    if call is not None:
        call = ToolCall(call.id, call.name, head_and_tail(call.arguments, size))
    return Turn(
        said=head_and_tail(turn.said, size),
        call=call,
        action=_short_action(turn.action, size),
        seen=head_and_tail(turn.seen, size),
    )


def _short_action(action: Action | None, size: int) -> Action | None:
    match action:
        case Run(command):
            return Run(head_and_tail(command, size))
        case Write(path, content):
            return Write(path, head_and_tail(content, size))
        case Edit(path, old, new):
            return Edit(path, head_and_tail(old, size), head_and_tail(new, size))
        case Split(parts):
            return Split(tuple(Part(head_and_tail(part.goal, size // len(parts))) for part in parts))
    return action
