"""The streams of a program beside the commands."""

import trio

from chorus_bwrap.pump import CHUNK
from chorus_hooks.errors import Unreachable


class Pipes:
    """Implements `chorus_hooks.sandbox.Channel` on a process's own pipes."""

    def __init__(self, process: trio.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("started with pipes")
        self._into = process.stdin
        self._out = process.stdout

    async def receive(self) -> bytes:
        """See `Channel.receive`."""
        try:
            return bytes(await self._out.receive_some(CHUNK))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return b""

    async def send(self, data: bytes) -> None:
        """See `Channel.send`."""
        try:
            await self._into.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            raise Unreachable("the program in the sandbox has ended") from None
