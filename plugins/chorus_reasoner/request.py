"""What is said about a request: how much room its reply gets, and the hash that a transcript names. Pure."""

from hashlib import sha256
from typing import Final

import msgspec

from chorus_hooks.provider import ChatRequest

_MOST: Final = 8192


def reply_room(window: int) -> int:
    """Tokens of a model's window that are kept free for its reply: a quarter, and no more than 8192."""
    return max(1, min(_MOST, window // 4))


def digest(request: ChatRequest) -> str:
    """SHA-256 of the request as JSON: equal requests, equal hashes."""
    return sha256(msgspec.json.encode(request, order="sorted")).hexdigest()
