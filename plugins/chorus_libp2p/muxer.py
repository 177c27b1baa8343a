"""yamux, bounded: what a peer sends and nobody reads, and what its frames can break."""

import logging
from typing import Final

import trio
from libp2p.stream_muxer.yamux.yamux import Yamux

UNREAD: Final = 16 * 1024 * 1024
"""Bytes of all streams of a connection that may wait to be read here."""

_log = logging.getLogger("chorus.libp2p")


class TooMuch(trio.TooSlowError):
    """A peer sends beyond its windows. As a TooSlowError, which is all that libp2p does not swallow here."""


class BoundedYamux(Yamux):
    """One connection. libp2p only warns of a peer that ignores its windows, and buffers all the same."""

    async def start(self) -> None:
        """Carry streams until the connection ends, however it ends: an error here would end the host."""
        try:
            await super().start()
        except Exception as error:
            _log.warning("%s broke its connection: %r", self.peer_id, error)
        finally:
            self.event_shutting_down.set()
            self.new_stream_send_channel.close()
            with trio.CancelScope(shield=True):
                await self._cleanup_on_error()

    async def _write_frame(self, data: bytes) -> None:
        """Frames of streams do not mix. libp2p also spells each out, for a log that nobody reads."""
        async with self._write_lock:
            await self.secured_conn.write(data)

    async def _read_data_body(self, length: int) -> bytes:
        unread = sum(len(buffer) for buffer in self.stream_buffers.values())
        if unread + length > UNREAD:
            raise TooMuch(f"{unread + length} bytes that nobody has read")
        return await super()._read_data_body(length)
