"""What exactly is asked of a model. Pure: the same conversation and window give the same request."""

from hashlib import sha256
from typing import Final

import msgspec

from chorus_hooks.provider import ChatRequest
from chorus_reasoner.context import fit, message_tokens, tool_tokens
from chorus_reasoner.talk import Form, Talk
from chorus_reasoner.tools import offered

LEAST_REPLY: Final = 256
"""Tokens without which no action fits into a reply."""
_MOST_REPLY: Final = 8192


class TooFewTokens(ValueError):  # noqa: N818 - reads as what happened
    """What is left of the tokens of a goal holds no request with even a small reply."""


def build(talk: Talk, model: str, how: Form, window: int, most: int | None) -> ChatRequest:
    """The request for the next reply. A quarter of the window is the reply's.

    With its reply it is to take at most `most` tokens. That of the messages is an estimate, and on the safe
    side for text; a model that counts otherwise may still go beyond. Raises ValueError when the goal alone
    does not fit into the window, TooFewTokens when no useful reply fits into `most`.
    """
    room = max(1, min(_MOST_REPLY, window // 4))
    messages = fit(talk, how, window - room)
    if messages is None:
        room = LEAST_REPLY
        messages = fit(talk, how, window - room)
    if messages is None:
        raise ValueError(f"the goal does not fit into {window} tokens")
    tools = offered(split=talk.split) if how == "tools" else ()
    if most is not None:
        asked = sum(map(message_tokens, messages)) + tool_tokens(tools)
        if most - asked < min(room, LEAST_REPLY):
            raise TooFewTokens(
                f"{most} tokens are left, and the next request has about {asked} before its reply"
            )
        room = min(room, most - asked)
    return ChatRequest(model=model, messages=messages, max_tokens=room, tools=tools)


def digest(request: ChatRequest) -> str:
    """SHA-256 of the request as JSON: equal requests, equal hashes."""
    return sha256(msgspec.json.encode(request, order="sorted")).hexdigest()
