"""The body of a request. Imports httpx, so it is itself imported when something is asked."""

from collections.abc import AsyncIterator

import httpx


class Body(httpx.AsyncByteStream):
    """All of it in one piece. httpx's own leaves a generator behind when the sending breaks off."""

    def __init__(self, data: bytes) -> None:
        self._left = [data] if data else []

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """The piece, once."""
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()
