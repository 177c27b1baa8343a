"""One end of a connection: its streams, and what it tells the other end."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from chorus.testing.memory.path import Path
from chorus.testing.memory.stream import MemoryStream
from chorus.testing.memory.traffic import Traffic
from chorus_hooks.mesh import Message

if TYPE_CHECKING:
    from chorus.testing.memory.mesh import MemoryMesh

HEAD: Final = 12
"""Bytes that each message between the two ends has beside what it carries."""
NAME: Final = "connection"


class Connection:
    """The end of `mesh`; `peer_id` is who is at the other one. `far` is that end: what arrives calls it."""

    far: "Connection"

    def __init__(
        self, mesh: "MemoryMesh", peer_id: str, path: Path, traffic: Traffic, *, address: str, dialled: bool
    ) -> None:
        self.mesh = mesh
        self.peer_id = peer_id
        self.address = address
        self.dialled = dialled
        self.open = True
        self._path = path
        self._traffic = traffic
        self._streams: dict[int, MemoryStream] = {}
        self._next = 1 if dialled else 2  # so that both ends can number streams

    async def stream(self, protocol: str) -> MemoryStream:
        """A new stream that the peer has taken. Raises Unreachable."""
        number = self._next
        self._next += 2
        stream = self._streams[number] = MemoryStream(self, number, protocol)
        try:
            self._tell(protocol, len(protocol), Connection.on_open, number, protocol)
            await stream.accepted()
        except BaseException:
            stream.close()
            raise
        return stream

    def tell_message(self, number: int, message: Message) -> None:
        """A copy of a topic message, which may get lost."""
        size = HEAD + len(message.topic) + len(message.sender) + len(message.data)
        self._traffic.count(self.mesh.peer_id, message.topic, size)
        far = self.far

        def arrive(again: bool) -> None:
            if far.open:
                far.mesh.topics.arrive(number, message, far.peer_id, again=again)

        self._path.toss(size, arrive)

    def tell_data(self, number: int, name: str, data: bytes) -> None:
        """Bytes of a stream."""
        self._tell(name, len(data), Connection.on_stream, number, partial(MemoryStream.on_data, data=data))

    def tell_credit(self, number: int, name: str, size: int) -> None:
        """So many bytes of a stream were read."""
        self._tell(name, 0, Connection.on_stream, number, partial(MemoryStream.on_credit, size=size))

    def tell_end(self, number: int, name: str) -> None:
        """A stream is closed."""
        self._tell(name, 0, Connection.on_stream, number, MemoryStream.on_end)

    def forget(self, number: int) -> bool:
        """A stream is over at this end. Returns whether it was not before."""
        return self._streams.pop(number, None) is not None

    def hang_up(self) -> None:
        """Close it in good order; the peer sees its streams end."""
        if self.open:
            self._tell(NAME, 0, Connection.on_hang_up)
            self.drop(f"this node hung up on {self.peer_id}")

    def drop(self, why: str, *, clean: bool = False) -> None:
        """It is gone at this end. `clean`: streams end as if the peer had closed them, else they break."""
        if not self.open:
            return
        self.open = False
        streams, self._streams = list(self._streams.values()), {}
        for stream in streams:
            if clean:
                stream.on_end()
            else:
                stream.on_break(why)
        self.mesh.connection_lost(self)

    def on_open(self, number: int, protocol: str) -> None:
        """The peer opens a stream."""
        handler = self.mesh.handler(protocol)
        if handler is None:
            why = f"{self.mesh.peer_id} does not speak {protocol}"
            told = partial(MemoryStream.on_break, why=why)
            self._tell(protocol, 0, Connection.on_stream, number, told)
            return
        stream = self._streams[number] = MemoryStream(self, number, protocol)
        stream.on_accept()
        self._tell(protocol, 0, Connection.on_stream, number, MemoryStream.on_accept)
        self.mesh.handle(handler, stream)

    def on_stream(self, number: int, happens: Callable[[MemoryStream], None]) -> None:
        """Something happens to a stream; nothing, when it is over at this end."""
        stream = self._streams.get(number)
        if stream is not None:
            happens(stream)

    def on_hang_up(self) -> None:
        """The peer closed the connection, or its node died."""
        self.drop(f"{self.peer_id} hung up", clean=True)

    def on_reset(self) -> None:
        """The peer does not know this connection."""
        self.drop(f"the connection to {self.peer_id} was reset")

    def reset(self) -> None:
        """Tell the peer that this end is not there; it may not be so any more."""
        self._path.carry(HEAD, self.far.on_reset)

    def _tell(self, name: str, size: int, happens: Callable[..., None], *what: object) -> None:
        if not self.open:
            return
        self._traffic.count(self.mesh.peer_id, name, HEAD + size)
        far = self.far

        def arrive() -> None:
            if far.open:
                happens(far, *what)
            else:
                far.reset()

        self._path.carry(HEAD + size, arrive)


def connect(one: Connection, other: Connection) -> None:
    """Make them the two ends of one connection."""
    one.far, other.far = other, one
