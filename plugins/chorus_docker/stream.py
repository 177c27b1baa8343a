"""The raw stream of an attach or exec, after the HTTP upgrade: frames come in, plain bytes go out."""

from contextlib import suppress
from typing import Final

import trio

from chorus_hooks.output import FrameReader, Stream

CHUNK: Final = 1 << 18
"""Bytes asked of the socket at once; the engine sends frames of at most 32 KiB."""


class RawStream:
    """A hijacked connection. Reading is for one task, writing for another one."""

    def __init__(self, socket: trio.SocketStream, begun: bytes) -> None:
        self._socket = socket
        self._begun = begun
        self._frames = FrameReader()

    async def receive(self) -> list[tuple[Stream, bytes]]:
        """The next pieces of output, in order; none at its end. Raises OSError when the connection breaks."""
        while True:
            data, self._begun = self._begun, b""
            if not data:
                data = await self._read()
            if not data:
                return []
            if pieces := list(self._frames.feed(data)):
                return pieces

    async def _read(self) -> bytes:
        try:
            return bytes(await self._socket.receive_some(CHUNK))
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise ConnectionResetError(str(error)) from error

    async def send(self, data: bytes) -> None:
        """Write to the program's stdin. Raises OSError when nobody reads it any more."""
        try:
            await self._socket.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise BrokenPipeError(str(error)) from error

    async def send_eof(self) -> None:
        """End the program's stdin; its output goes on."""
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError, OSError):
            await self._socket.send_eof()

    async def aclose(self) -> None:
        """Hang up, at once. A stream that nobody reads makes every kill in its container slow."""
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(self._socket)
