"""A `Chat` out of an HTTP answer and a pure reader of one wire format."""

from collections.abc import AsyncIterator, Iterator
from typing import Protocol

from chorus_hooks.provider import Tokens, ToolCall
from chorus_hooks.provider_http import Answer


class Reply(Protocol):
    """Reads a streamed reply. Pure: bytes in, pieces of text out, the same ones however the bytes are cut."""

    @property
    def whole(self) -> bool:
        """Whether its end marker came."""
        ...

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """See `Chat.calls`."""
        ...

    @property
    def tokens(self) -> Tokens:
        """See `Chat.tokens`."""
        ...

    @property
    def shortened(self) -> bool:
        """See `Chat.shortened`."""
        ...

    def feed(self, data: bytes) -> Iterator[str]:
        """The pieces of text in these bytes, none empty. Raises ProviderFault."""
        ...

    def end(self) -> Iterator[str]:
        """The same when nothing follows. Raises ProviderFault unless the reply is whole by then."""
        ...


class StreamedChat:
    """A `Chat`, while its request is open."""

    def __init__(self, answer: Answer, reply: Reply) -> None:
        self._answer = answer
        self._reply = reply
        self._texts = reply.feed(b"")

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        """The next piece of text."""
        while (text := next(self._texts, None)) is None:
            if self._reply.whole:
                raise StopAsyncIteration
            piece = await self._answer.piece()
            self._texts = self._reply.feed(piece) if piece else self._reply.end()
        return text

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """See `Chat.calls`."""
        return self._reply.calls

    @property
    def tokens(self) -> Tokens:
        """See `Chat.tokens`."""
        return self._reply.tokens

    @property
    def shortened(self) -> bool:
        """See `Chat.shortened`."""
        return self._reply.shortened
