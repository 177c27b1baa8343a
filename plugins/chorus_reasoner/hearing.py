"""What people said to an attempt, put into the messages for a model. Pure.

A word is for the next request, and stays in the conversation at its place; that of turns which are left out
by now follows the goal. It is a message of its own or the end of one of the user's: some models refuse two of
those in a row.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from chorus_hooks.provider import Message
from chorus_reasoner.excerpt import head_and_tail
from chorus_reasoner.fence import word
from chorus_reasoner.talk import Heard

_OLD: Final = 300
_SAYS: Final = "A person who follows this work says, with the same right as who gave you the goal:"
_AROUND: Final = 200
"""Bytes around a word, with a margin."""


def newest(heard: tuple[Heard, ...]) -> tuple[Heard, ...]:
    """The one that is always told, as short as it gets."""
    return tuple(Heard(one.after, head_and_tail(one.text, _OLD)) for one in heard[-1:])


def keep(heard: tuple[Heard, ...], most: int) -> tuple[Heard, ...]:
    """What fits into `most` bytes: the newest whole, older ones shortened, the oldest left out."""
    kept: list[Heard] = []
    for one in reversed(heard):
        for text in (one.text, head_and_tail(one.text, _OLD)):
            if _size(text) <= most:
                most -= _size(text)
                kept.append(Heard(one.after, text))
                break
        else:
            break
    return tuple(reversed(kept)) or newest(heard)


def said(heard: Iterable[Heard]) -> str:
    """Words as a model is told them."""
    return "\n\n".join(f"{_SAYS}\n{word(one.text)}" for one in heard)


def told(messages: tuple[Message, ...], heard: Iterable[Heard]) -> tuple[Message, ...]:
    """Messages with words after them."""
    text = said(heard)
    if not text:
        return messages
    *before, last = messages
    if last.role == "user":
        return (*before, replace(last, text=f"{last.text}\n\n{text}"))
    return (*messages, Message("user", text))


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace")) + _AROUND
