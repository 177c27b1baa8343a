"""One reply read as it comes, within bounds of time and size."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

import trio

from chorus_hooks.provider import Chat, ChatRequest, Provider, ProviderFault, ToolCall
from chorus_reasoner.context import message_tokens, tokens_of, tool_tokens
from chorus_reasoner.event import Reply

MAX_REPLY: Final = 256 << 10
"""Characters of a reply, or of the arguments of a call. More is a model that runs away."""
MAX_CALLS: Final = 16
_MAX_S: Final = 3600.0


@dataclass
class Listener:
    """Reads one reply. `text` is what came so far, also when the rest never comes."""

    provider: Provider
    request: ChatRequest
    silence_s: float
    hear: Callable[[str], Awaitable[None]]
    text: str = ""

    async def listen(self) -> Reply:
        """The whole reply. Raises ProviderFault; one that is silent for too long is a fault, too."""
        began = trio.current_time()
        with trio.CancelScope(deadline=began + self.silence_s) as scope:
            async with self.provider.chat(self.request) as chat, _closing(aiter(chat)) as pieces:
                async for piece in pieces:
                    scope.deadline = float("inf")  # whoever hears it may take its time
                    await self._take(piece)
                    now = trio.current_time()
                    if len(self.text) >= MAX_REPLY or now - began > _MAX_S:
                        return self._cut_off(chat)
                    scope.deadline = now + self.silence_s
                return self._whole(chat)
        raise self._silent()

    def _silent(self) -> ProviderFault:
        what = "gone on with" if self.text else "begun"
        return ProviderFault(
            "cut" if self.text else "unreachable",
            f"it has not {what} its reply for {self.silence_s:g} s (CHORUS_MODEL_TIMEOUT)",
        )

    def broken(self) -> Reply:
        """What a reply that broke off has used, by estimate."""
        return Reply("", prompt_tokens=self._prompt_tokens(), reply_tokens=tokens_of(self.text))

    async def _take(self, piece: str) -> None:
        clean = _utf8(piece)
        self.text += clean
        await self.hear(clean)

    def _whole(self, chat: Chat) -> Reply:
        calls = tuple(_bounded(call) for call in chat.calls[:MAX_CALLS])
        tokens = chat.tokens
        return Reply(
            text=self.text,
            calls=calls,
            prompt_tokens=tokens.prompt or self._prompt_tokens(),
            reply_tokens=tokens.reply or tokens_of(self.text + "".join(call.arguments for call in calls)),
            shortened=chat.shortened,
        )

    def _cut_off(self, chat: Chat) -> Reply:
        """Calls are complete only after the last piece, so there are none."""
        return Reply(
            text=self.text[:MAX_REPLY],
            prompt_tokens=chat.tokens.prompt or self._prompt_tokens(),
            reply_tokens=chat.tokens.reply or tokens_of(self.text),
            shortened=True,
        )

    def _prompt_tokens(self) -> int:
        return sum(map(message_tokens, self.request.messages)) + tool_tokens(self.request.tools)


def _bounded(call: ToolCall) -> ToolCall:
    arguments = _utf8(call.arguments[: MAX_REPLY + 1])[:MAX_REPLY]
    return replace(call, id=_utf8(call.id)[:200], name=_utf8(call.name)[:200], arguments=arguments)


def _utf8(text: str) -> str:
    """JSON may hold half a surrogate pair, which is no text."""
    return text.encode("utf-8", "replace").decode()


@asynccontextmanager
async def _closing(pieces: AsyncIterator[str]) -> AsyncIterator[AsyncIterator[str]]:
    """A generator that is left early has to be closed by whoever leaves it."""
    try:
        yield pieces
    finally:
        if isinstance(pieces, AsyncGenerator):
            await pieces.aclose()
