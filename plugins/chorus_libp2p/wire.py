"""One TCP connection, as libp2p wants it: who writes may be cancelled, and the bytes still leave whole."""

import os
import socket
from collections import deque
from typing import Final

import trio
from libp2p.io.abc import ReadWriteCloser
from libp2p.io.exceptions import ConnectionClosedError

from chorus_libp2p.traffic import Traffic

ROOM: Final = 256 * 1024
"""Bytes that may wait before writers do."""
MOST: Final = 4 * 1024 * 1024
"""Bytes that may wait at all: writers that were cancelled have left theirs."""
STALL_S: Final = 20.0
"""The kernel took nothing for so long, or got no acknowledgement: the peer is frozen or gone, and its
connection is given up."""
FLUSH_S: Final = 0.25
READ: Final = 64 * 1024


class Wire(ReadWriteCloser):
    """Takes what is written at once, and sends it from a task of its own, `run`.

    libp2p has encrypted what it writes. Were it cancelled between that and the kernel, as any timeout may do,
    the peer could decrypt nothing that follows, and every stream of the connection would be lost.
    """

    def __init__(self, stream: trio.SocketStream, traffic: Traffic) -> None:
        self._stream = stream
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; others wait as long as they like
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * STALL_S))
        self._traffic = traffic
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._unread = b""
        self._gone = False
        self.heard = False
        """Whether the other end ever said anything."""
        self._news = trio.lowlevel.ParkingLot()
        self._room = trio.lowlevel.ParkingLot()
        peer = stream.socket.getpeername()
        self._remote = str(peer[0]), int(peer[1])
        self.local = str(stream.socket.getsockname()[0])
        """The address of this end."""

    async def run(self) -> None:
        """Send until the connection is gone."""
        try:
            while not self._gone:
                while not self._waiting and not self._gone:
                    await self._news.park()
                batch = b"".join(self._waiting)
                self._waiting.clear()
                with trio.move_on_after(STALL_S) as patience:
                    await self._stream.send_all(batch)
                if patience.cancelled_caught:
                    break
                self._traffic.wire["out"] += len(batch)
                self._size -= len(batch)
                self._room.unpark_all()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the reader sees it too, and says so
        finally:
            self.abort()

    async def write(self, data: bytes) -> None:
        """Hand bytes over; waits while too many are on their way. Cancelled, they leave all the same."""
        if self._gone:
            raise ConnectionClosedError("the connection is closed", transport="tcp")
        rest = data if self._size else data[self._send_now(data) :]
        if not rest:
            return
        self._waiting.append(bytes(rest))
        self._size += len(rest)
        self._news.unpark()
        if self._size > MOST:
            self.abort()
        while self._size >= ROOM and not self._gone:
            await self._room.park()

    async def read(self, n: int | None = None) -> bytes:
        """Up to `n` bytes; empty at the end. The kernel is asked for more than libp2p's small portions."""
        if not self._unread:
            try:
                self._unread = await self._stream.receive_some(READ)
            except trio.BrokenResourceError as error:
                raise ConnectionClosedError(f"the connection broke: {error}", transport="tcp") from error
            except trio.ClosedResourceError:
                return b""
            self.heard = self.heard or bool(self._unread)
            self._traffic.wire["in"] += len(self._unread)
        taken = self._unread if n is None else self._unread[:n]
        self._unread = self._unread[len(taken) :]
        return taken

    def _send_now(self, data: bytes) -> int:
        """Bytes that the kernel takes without waiting: nearly always all, and no task has to wake."""
        try:
            sent = os.write(self._stream.socket.fileno(), data)
        except OSError:
            return 0  # full, or broken: `run` finds out which
        self._traffic.wire["out"] += sent
        return sent

    async def close(self) -> None:
        """Send what waits, for a moment, and close."""
        with trio.move_on_after(FLUSH_S, shield=True):
            while self._size and not self._gone:
                await self._room.park()
        self.abort()

    def abort(self) -> None:
        """Close at once; nothing waits for it."""
        self._gone = True
        self._stream.socket.close()
        self._waiting.clear()
        self._size = 0
        self._news.unpark_all()
        self._room.unpark_all()

    def get_remote_address(self) -> tuple[str, int] | None:
        """Host and port of the other end."""
        return self._remote
