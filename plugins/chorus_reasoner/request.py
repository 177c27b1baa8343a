"""What exactly is asked of a model. Pure: the same conversation and window give the same request."""

from hashlib import sha256
from typing import Final

import msgspec

from chorus_hooks.provider import ChatRequest
from chorus_reasoner.context import fit
from chorus_reasoner.talk import Form, Talk
from chorus_reasoner.tools import TOOLS

LEAST_REPLY: Final = 256
"""Tokens without which no action fits into a reply."""
_MOST_REPLY: Final = 8192


def build(talk: Talk, model: str, how: Form, window: int, most: int | None) -> ChatRequest:
    """The request for the next reply, of at most `most` tokens. A quarter of the window is the reply's.

    Raises ValueError when the goal alone does not fit.
    """
    room = max(1, min(_MOST_REPLY, window // 4))
    messages = fit(talk, how, window - room)
    if messages is None:
        room = LEAST_REPLY
        messages = fit(talk, how, window - room)
    if messages is None:
        raise ValueError(f"the goal does not fit into {window} tokens")
    return ChatRequest(
        model=model,
        messages=messages,
        max_tokens=room if most is None else max(1, min(room, most)),
        tools=TOOLS if how == "tools" else (),
    )


def digest(request: ChatRequest) -> str:
    """SHA-256 of the request as JSON: equal requests, equal hashes."""
    return sha256(msgspec.json.encode(request, order="sorted")).hexdigest()
