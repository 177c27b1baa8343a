"""One end of a stream: what came and is not read yet, and how much more may be sent."""

from typing import TYPE_CHECKING, Final

import trio

from chorus_hooks.errors import Unreachable

if TYPE_CHECKING:
    from chorus.testing.memory.connection import Connection

WINDOW: Final = 256 * 1024
"""Bytes of one direction that are sent and not read: a sender waits then, as yamux does."""
PIECE: Final = 64 * 1024
"""Bytes that cross at once."""


class MemoryStream:
    """A `chorus_hooks.mesh.Stream`. Its connection calls the methods that begin with `on_`."""

    def __init__(self, connection: "Connection", number: int, protocol: str) -> None:
        self.protocol = protocol
        self._connection = connection
        self._number = number
        self._room = WINDOW
        self._unread = bytearray()
        self._owed = 0
        self._accepted = False
        self._ended = False
        self._gone: str | None = None
        self._sending = False
        self._receiving = False
        self._news = trio.lowlevel.ParkingLot()

    @property
    def peer_id(self) -> str:
        """Who is at the other end."""
        return self._connection.peer_id

    async def accepted(self) -> None:
        """Wait until the peer takes the stream. Raises Unreachable when it does not."""
        while not self._accepted:
            if self._gone is not None:
                raise Unreachable(self._gone)
            await self._news.park()

    async def send(self, data: bytes) -> None:
        """Hand bytes over; waits while the peer has a window full of them to read."""
        if self._sending:
            raise RuntimeError("two tasks send on one stream")
        self._sending = True
        try:
            await trio.lowlevel.checkpoint()
            self._check()
            start = 0
            while start < len(data):
                while not self._room and self._gone is None:
                    await self._news.park()
                self._check()
                piece = data[start : start + min(self._room, PIECE)]
                start += len(piece)
                self._room -= len(piece)
                self._connection.tell_data(self._number, self.protocol, bytes(piece))
        finally:
            self._sending = False

    async def receive(self) -> bytes:
        """What has come, or else the next bytes; empty after the peer closed."""
        if self._receiving:
            raise RuntimeError("two tasks receive from one stream")
        self._receiving = True
        try:
            await trio.lowlevel.checkpoint()
            while not self._unread and not self._ended and self._gone is None:
                await self._news.park()
            return self._take()
        finally:
            self._receiving = False

    async def aclose(self) -> None:
        """Give it up, both directions."""
        self.close()
        with trio.CancelScope(shield=True):
            await trio.lowlevel.checkpoint()

    def close(self) -> None:
        """`aclose` without a checkpoint."""
        self._unread.clear()
        if self._connection.forget(self._number):
            self._connection.tell_end(self._number, self.protocol)
        self._ended = False
        self._go("the stream is closed")

    def on_accept(self) -> None:
        """The peer takes it."""
        self._accepted = True
        self._news.unpark_all()

    def on_data(self, data: bytes) -> None:
        """Bytes have come."""
        self._unread += data
        self._news.unpark_all()

    def on_credit(self, size: int) -> None:
        """The peer has read so many bytes."""
        self._room += size
        self._news.unpark_all()

    def on_end(self) -> None:
        """The peer closed, or its node died."""
        self._ended = True
        self._go(f"{self.peer_id} closed the stream")

    def on_break(self, why: str) -> None:
        """The connection is gone, or the peer does not take the stream."""
        self._go(why)

    def _go(self, why: str) -> None:
        if self._gone is None:
            self._gone = why
        self._news.unpark_all()

    def _check(self) -> None:
        if self._gone is not None:
            raise Unreachable(self._gone)

    def _take(self) -> bytes:
        if not self._unread:
            if self._ended:
                return b""
            self._check()
        taken = bytes(self._unread[:PIECE])
        del self._unread[:PIECE]
        self._owed += len(taken)
        if self._owed >= WINDOW // 2 and self._gone is None:
            self._connection.tell_credit(self._number, self.protocol, self._owed)
            self._owed = 0
        return taken
