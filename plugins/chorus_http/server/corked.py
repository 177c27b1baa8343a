"""A transport that can send several writes as one."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Corked:
    """uvicorn writes the head of an answer and its body one by one, each of them a system call and a packet.

    Inside `corked()` writes are held, and go out together at its end, or before the connection is closed.
    All else is the transport's own.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held: list[bytes] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    @contextmanager
    def corked(self) -> Iterator[None]:
        """Hold what is written inside."""
        self._held = []
        try:
            yield
        finally:
            self._let_go()

    def write(self, data: bytes) -> None:
        """Send it, or hold it."""
        if self._held is None:
            self._transport.write(data)
        else:
            self._held.append(data)

    def close(self) -> None:
        """Close the connection, once what was written is sent."""
        self._let_go()
        self._transport.close()

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held:
            self._transport.write(b"".join(held))
