"""The one writer of a stream: frames leave whole and in order, several in one send."""

from collections import deque
from typing import Final

import trio

from chorus_hooks.errors import Unreachable
from chorus_hooks.mesh import Stream
from chorus_hooks.wire.frame import FRAME_LIMIT, Frame

ROOM: Final = 4 * FRAME_LIMIT
"""Bytes that may wait before senders do."""
STALL_S: Final = 30.0
"""A peer that does not read for so long has lost its stream: what waits here is memory of ours."""


class Outbox:
    """Takes frames from any task. `run` must be running for anything to leave."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._closed = False
        self._no_frames = trio.lowlevel.ParkingLot()
        self._no_room = trio.lowlevel.ParkingLot()

    async def put(self, frame: Frame) -> None:
        """Queue a frame; waits while there is no room. Raises Unreachable when the stream is gone."""
        while self._size >= ROOM and not self._closed:
            await self._no_room.park()
        if self._closed:
            raise Unreachable(f"the stream to {self._stream.peer_id} is gone")
        self.push(frame)

    def push(self, frame: Frame) -> None:
        """Queue a frame although there may be no room: for those few bytes that must not wait."""
        if self._closed:
            return
        encoded = frame.encode()
        self._waiting.append(encoded)
        self._size += len(encoded)
        self._no_frames.unpark()

    async def run(self) -> None:
        """Send until cancelled. Raises Unreachable when the stream breaks, or its peer does not read."""
        try:
            while True:
                while not self._waiting:
                    await self._no_frames.park()
                batch = self._take()
                with trio.move_on_after(STALL_S) as patience:
                    await self._stream.send(batch)
                if patience.cancelled_caught:
                    raise Unreachable(f"{self._stream.peer_id} reads nothing for {STALL_S:g} s")
        finally:
            self._closed = True
            self._no_room.unpark_all()

    def _take(self) -> bytes:
        taken = [self._waiting.popleft()]
        size = len(taken[0])
        while self._waiting and size + len(self._waiting[0]) <= FRAME_LIMIT:
            taken.append(self._waiting.popleft())
            size += len(taken[-1])
        self._size -= size
        self._no_room.unpark_all()
        return b"".join(taken)
