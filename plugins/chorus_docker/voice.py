"""The streams of a program beside the commands."""

from chorus_docker.stream import RawStream
from chorus_hooks.errors import Unreachable
from chorus_hooks.output import STDOUT


class Voice:
    """Implements `chorus_hooks.sandbox.Channel` on the stream of an exec."""

    def __init__(self, stream: RawStream) -> None:
        self._stream = stream
        self._ended = False

    async def receive(self) -> bytes:
        """See `Channel.receive`. What it says on stderr is not for us."""
        while not self._ended:
            try:
                pieces = await self._stream.receive()
            except (OSError, ValueError):
                pieces = []
            self._ended = not pieces
            if said := b"".join(piece for number, piece in pieces if number == STDOUT):
                return said
        return b""

    async def send(self, data: bytes) -> None:
        """See `Channel.send`. The engine takes bytes for a program that has ended, and drops them."""
        if self._ended:
            raise Unreachable("the program in the sandbox has ended")
        try:
            await self._stream.send(data)
        except OSError:
            raise Unreachable("the program in the sandbox has ended") from None
