"""What the suite's tests are built with: ask, keep what came, catch what failed."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest
import trio

from chorus_hooks.provider import (
    ChatRequest,
    Message,
    Provider,
    ProviderFault,
    Tokens,
    ToolCall,
)

LONG_S: Final = 30.0
"""Longer than anything here may take: whatever a server does, a provider is bounded by itself."""

Play = Callable[[Sequence[Any]], Awaitable[None]]
"""Gives the server a script: the steps of the chats that follow."""


@dataclass(frozen=True)
class Said:
    """A whole reply."""

    pieces: tuple[str, ...]
    calls: tuple[ToolCall, ...]
    tokens: Tokens
    shortened: bool

    @property
    def text(self) -> str:
        """All its pieces."""
        return "".join(self.pieces)


def request(model: str, text: str = "Say something.", **how: Any) -> ChatRequest:
    """One question."""
    messages = (Message("system", "You are a helpful assistant."), Message("user", text))
    return ChatRequest(**{"model": model, "messages": messages, **how})


async def ask(provider: Provider, asked: ChatRequest) -> Said:
    """The whole reply, within `LONG_S`."""
    with trio.fail_after(LONG_S):
        async with provider.chat(asked) as chat:
            pieces = tuple([piece async for piece in chat])
            return Said(pieces, chat.calls, chat.tokens, chat.shortened)


async def told(provider: Provider, asked: ChatRequest) -> ProviderFault:
    """The fault that a chat ends with."""
    with pytest.raises(ProviderFault) as caught:
        await ask(provider, asked)
    return caught.value
