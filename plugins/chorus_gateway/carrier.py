"""Our end of a relay: connections out of frames, each with somebody who serves it.

Everything is bounded: connections by their number, bytes under way by a window for each connection and
direction. A relay that breaks a rule is left.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import trio

from chorus_gateway.frames import MOST, PIECE, WINDOW, BrokenFrame, Frame, FrameReader, Kind
from chorus_hooks.errors import Unreachable
from chorus_hooks.sandbox import Channel

HELLO_S: Final = 20.0
"""A Python starts in tenths of a second."""
TELL_S: Final = 20.0
"""A relay always listens; one that does not take a frame in this time hangs."""
_HELLO: Final = 64


class Connection:
    """One client in the sandbox. `gone` is set when it says no more, or is away: nobody waits for answers."""

    def __init__(self, number: int, tell: Callable[[Frame], Awaitable[None]]) -> None:
        self.gone = trio.Event()
        self._number = number
        self._tell = tell
        self._credit = WINDOW
        self._inbox = bytearray()
        self._lost = False
        self._changed = trio.Event()

    async def receive(self) -> bytes:
        """What it says next; nothing at its end."""
        while not self._inbox:
            if self.gone.is_set():
                return b""
            await self._changed.wait()
        data = bytes(self._inbox)
        self._inbox.clear()
        await self._tell(Frame(Kind.MORE, self._number, len(data).to_bytes(4, "big")))
        return data

    async def send(self, data: bytes) -> None:
        """Say something to it, as fast as it reads. Raises BrokenPipeError when it is away."""
        while data:
            while not self._credit and not self._lost:
                await self._changed.wait()
            if self._lost:
                raise BrokenPipeError("the client is gone")
            piece = data[: min(self._credit, PIECE)]
            self._credit -= len(piece)
            data = data[len(piece) :]
            await self._tell(Frame(Kind.DATA, self._number, piece))

    def take(self, frame: Frame) -> None:
        """A frame for it came. Raises BrokenFrame."""
        match frame.kind:
            case Kind.DATA:
                self._inbox += frame.data
                if len(self._inbox) > WINDOW:
                    raise BrokenFrame("more bytes than there is room for")
            case Kind.MORE:
                self._credit += int.from_bytes(frame.data, "big")
                if self._credit > WINDOW:
                    raise BrokenFrame("more credit than was used")
            case Kind.END:
                self.gone.set()
            case Kind.CLOSE:
                self.lose()
            case Kind.OPEN:
                raise BrokenFrame("a connection came twice")
        self._changed.set()
        self._changed = trio.Event()

    def lose(self) -> None:
        """It is away."""
        self._lost = True
        self.gone.set()
        self._changed.set()


@dataclass
class Carrier:
    """Serves the connections of one relay."""

    channel: Channel
    serve: Callable[[Connection], Awaitable[None]]
    _reader: FrameReader = field(default_factory=FrameReader)
    _connections: dict[int, Connection] = field(default_factory=dict)
    _speaking: trio.Lock = field(default_factory=trio.Lock)
    _broken: bool = False

    async def hello(self) -> int | None:
        """The port on which the relay listens; None when no relay answers."""
        said = b""
        with trio.move_on_after(HELLO_S):
            while not said.endswith(b"\n") and len(said) < _HELLO and (piece := await self.channel.receive()):
                said += piece
        word, _, port = said.decode("ascii", "replace").partition(" ")
        return int(port) if word == "relay" and port.strip().isdecimal() else None

    async def run(self) -> None:
        """Until the relay ends. Raises BrokenFrame for one that is none of ours."""
        broken: BrokenFrame | None = None
        async with trio.open_nursery() as nursery:
            try:
                while data := await self.channel.receive():
                    for frame in self._reader.feed(data):
                        self._take(frame, nursery)
            except BrokenFrame as error:  # a nursery would wrap it
                broken = error
            nursery.cancel_scope.cancel()
        if broken is not None:
            raise broken

    def _take(self, frame: Frame, nursery: trio.Nursery) -> None:
        if frame.number in self._connections:
            self._connections[frame.number].take(frame)
        elif frame.kind is Kind.OPEN:
            if len(self._connections) >= 2 * MOST:  # those that we have left may not know it yet
                raise BrokenFrame("more connections than were allowed")
            connection = Connection(frame.number, self._tell)
            self._connections[frame.number] = connection
            nursery.start_soon(self._served, frame.number, connection)

    async def _served(self, number: int, connection: Connection) -> None:
        try:
            await self.serve(connection)
        except BrokenPipeError:
            connection.lose()
        finally:
            del self._connections[number]
            with suppress(BrokenPipeError):
                await self._tell(Frame(Kind.CLOSE, number))

    async def _tell(self, frame: Frame) -> None:
        """A whole frame, even when cancelled: half of one would be the end of all connections."""
        with trio.move_on_after(TELL_S, shield=True):
            try:
                async with self._speaking:
                    if not self._broken:
                        self._broken = True
                        await self.channel.send(frame.encode())
                        self._broken = False
            except Unreachable:
                pass
        if self._broken:
            raise BrokenPipeError("the relay is gone")
