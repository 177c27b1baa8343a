"""One libp2p stream as `chorus_hooks.mesh.Stream`."""

import contextlib
from typing import Final

import trio
from libp2p.network.stream.net_stream import NetStream
from libp2p.stream_muxer.exceptions import MuxedStreamEOF

from chorus_hooks.errors import Unreachable
from chorus_libp2p.credit import PIECE, CreditedStream
from chorus_libp2p.traffic import Traffic

LOOK_S: Final = 0.1
"""Credit wakes who waits for it; a stream that ends wakes nobody, and is looked at so often."""
LINGER_S: Final = 10.0
"""For a peer to close its side too, before the stream is reset."""


class KeptStream:
    """A stream to one peer. `protocol` is the name under which it is counted."""

    def __init__(self, stream: NetStream, protocol: str, nursery: trio.Nursery, traffic: Traffic) -> None:
        muxed = stream.muxed_stream
        if not isinstance(muxed, CreditedStream):
            raise TypeError(f"a stream of the unknown kind {type(muxed).__name__}")
        self._stream = stream
        self._muxed = muxed
        self._protocol = protocol
        self._nursery = nursery
        self._traffic = traffic
        self._closed = False
        self._sending = False
        self._reading: trio.CancelScope | None = None

    @property
    def peer_id(self) -> str:
        """Who is at the other end."""
        return str(self._muxed.conn.peer_id)

    async def send(self, data: bytes) -> None:
        """Hand bytes over, in frames; waits while the peer has a window full of them to read."""
        if self._sending:
            raise RuntimeError("two tasks send on one stream")
        self._sending = True
        try:
            start = 0
            while start < len(data):  # each write is a checkpoint, and this is the hot path
                room = await self._window()
                piece = data[start : start + min(room, PIECE)]
                await self._write(piece)
                start += len(piece)
        finally:
            self._sending = False

    async def receive(self) -> bytes:
        """What has come, or else the next bytes; empty after the peer closed."""
        if self._reading is not None:
            raise RuntimeError("two tasks receive from one stream")
        if self._closed:
            raise self._gone()
        with trio.CancelScope() as self._reading:
            try:
                data = await self._muxed.read(None)
            except MuxedStreamEOF:
                # A connection that dies looks like a peer that closed.
                if self._muxed.conn.event_shutting_down.is_set():
                    raise self._gone() from None
                return b""
            except Exception as error:
                raise self._gone() from error
            finally:
                self._reading = None
            self._traffic.protocol_bytes[self._protocol, "in"] += len(data)
            return data
        raise self._gone()

    async def aclose(self) -> None:
        """Give it up, both directions; what was sent still arrives."""
        self.close()
        with trio.CancelScope(shield=True):
            await trio.lowlevel.checkpoint()

    def close(self) -> None:
        """`aclose` without a checkpoint."""
        if self._closed:
            return
        self._closed = True
        self._muxed.conn.stream_buffers.get(self._muxed.stream_id, bytearray()).clear()
        if self._reading is not None:
            self._reading.cancel()  # libp2p forgets to wake whoever reads a stream that is closed here
        with contextlib.suppress(RuntimeError):  # the mesh has stopped, and its connections with it
            self._nursery.start_soon(self._say_goodbye)

    async def _say_goodbye(self) -> None:
        """Close our side, and wait until the peer has closed its own; one that sends is stopped."""
        with contextlib.suppress(Exception):
            with trio.move_on_after(LINGER_S):
                await self._stream.close_write()
                if self._muxed.recv_window > 0:  # else the peer waits for credit, and would wait in vain
                    await self._stream.read(None)
        with contextlib.suppress(Exception):
            if self._muxed.closed:
                await self._stream.remove()
            else:
                await self._stream.reset()

    async def _window(self) -> int:
        """Bytes that the peer takes. libp2p itself waits five seconds, and then breaks the stream."""
        muxed = self._muxed
        while True:
            # A reset sets `closed` alone.
            if self._closed or muxed.send_closed or muxed.closed or muxed.conn.event_shutting_down.is_set():
                raise self._gone()
            if muxed.send_window > 0:
                return muxed.send_window
            await muxed.credited(within=LOOK_S)

    async def _write(self, piece: bytes) -> None:
        try:
            await self._muxed.write(piece)
        except Exception as error:
            raise self._gone() from error
        self._traffic.protocol_bytes[self._protocol, "out"] += len(piece)

    def _gone(self) -> Unreachable:
        return Unreachable(f"the stream to {self.peer_id} is gone")
