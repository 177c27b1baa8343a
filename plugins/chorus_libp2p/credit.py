"""A yamux stream that wakes nobody in vain: credit in halves of a window, and no lock where nothing waits."""

import struct
from typing import TYPE_CHECKING, Final

import trio
from libp2p.stream_muxer.yamux.yamux import HEADER_SIZE, TYPE_DATA, YAMUX_HEADER_FORMAT, Yamux, YamuxStream

PIECE: Final = 65535 - 16 - HEADER_SIZE
"""Bytes of one frame at most: with its head, it is one message of Noise."""


class CreditedStream(YamuxStream):
    """A request and its answer take the asking end 9 steps of the scheduler; with libp2p's own stream 17.

    libp2p gives credit back after each small read, so that every request and every answer cost a third frame,
    and takes several locks around statements among which no task can come.
    """

    if not TYPE_CHECKING:  # libp2p's attribute, here with whoever waits for it

        @property
        def send_window(self) -> int:
            """Bytes that the peer takes."""
            return self._send_window

        @send_window.setter
        def send_window(self, size: int) -> None:
            self._send_window = size
            if size > 0:
                self._credited.unpark_all()

    def __init__(self, stream_id: int, conn: Yamux, is_initiator: bool) -> None:
        self._credited = trio.lowlevel.ParkingLot()
        super().__init__(stream_id, conn, is_initiator)

    async def credited(self, within: float) -> None:
        """Wait until the peer takes more, for so many seconds at most."""
        with trio.move_on_after(within):
            await self._credited.park()

    async def write(self, data: bytes) -> None:
        """Send what fits into one frame as one; libp2p does the rest, and says what is wrong."""
        if not 0 < len(data) <= min(PIECE, self.send_window) or self.send_closed or self.closed:
            await super().write(data)
            return
        self.send_window -= len(data)
        head = struct.pack(YAMUX_HEADER_FORMAT, 0, TYPE_DATA, 0, self.stream_id, len(data))
        await self.conn._write_frame(head + data)

    async def _auto_tune_and_send_window_update(self, *, bytes_read: int = 0) -> None:
        """Give credit when half a window was read, and let the window grow while it is read fast."""
        unread = len(self.conn.stream_buffers.get(self.stream_id, b""))
        if self.target_recv_window - self.recv_window - unread < self._grow_threshold():
            return
        increment = self._grow_to_delta(unread) + self._apply_autotune_epoch(unread)
        await self.send_window_update(increment)
