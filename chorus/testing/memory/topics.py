"""Gossip in memory: a message goes on from peer to peer, once each."""

from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import trio

from chorus_hooks.errors import UsageError
from chorus_hooks.mesh import MESSAGE_LIMIT, Message

if TYPE_CHECKING:
    from chorus.testing.memory.mesh import MemoryMesh
    from chorus.testing.memory.network import MemoryNetwork

QUEUE: Final = 1024
"""Messages that a reader may be behind."""
SEEN: Final = 8192
"""Messages that a node knows again when another peer sends them."""


class MemoryTopics:
    """A `chorus_hooks.mesh.Topics`. Only a node that subscribes passes a message on, as in GossipSub."""

    def __init__(self, network: "MemoryNetwork", mesh: "MemoryMesh") -> None:
        self._network = network
        self._mesh = mesh
        self._readers: dict[str, list[_Reader]] = {}
        self._seen: OrderedDict[int, None] = OrderedDict()

    async def publish(self, topic: str, data: bytes) -> None:
        """Send to all that subscribe."""
        if len(data) > MESSAGE_LIMIT:
            raise UsageError(f"a message of {len(data)} bytes, more than {MESSAGE_LIMIT}")
        await trio.lowlevel.checkpoint()
        if self._mesh.running:
            self._pass_on(self._network.number(), Message(topic, self._mesh.peer_id, bytes(data)), None)

    @asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[AsyncIterator[Message]]:
        """What others publish from now on."""
        reader = _Reader()
        readers = self._readers.setdefault(topic, [])
        readers.append(reader)
        try:
            yield reader
        finally:
            readers.remove(reader)

    def arrive(self, number: int, message: Message, source: str, *, again: bool) -> None:
        """A message has come from a peer, maybe not its sender; `again`: the network repeats it."""
        readers = self._readers.get(message.topic)
        if not readers:
            return
        if number not in self._seen:
            self._remember(number)
            self._pass_on(number, message, source)
        elif not again:
            return
        for reader in readers:
            lost = reader.put(message)
            if lost is not None:
                self._network.traffic.drop(self._mesh.peer_id, message.topic, len(lost.data))

    def _pass_on(self, number: int, message: Message, source: str | None) -> None:
        connections = [
            connection
            for connection in self._mesh.connections()
            if connection.peer_id not in (source, message.sender)
        ]
        for connection in self._network.some(connections):
            connection.tell_message(number, message)

    def _remember(self, number: int) -> None:
        self._seen[number] = None
        if len(self._seen) > SEEN:
            self._seen.popitem(last=False)


class _Reader:
    """A subscription: the newest messages that were not read yet."""

    def __init__(self) -> None:
        self._waiting: deque[Message] = deque()
        self._news = trio.lowlevel.ParkingLot()

    def __aiter__(self) -> "_Reader":
        return self

    async def __anext__(self) -> Message:
        await trio.lowlevel.checkpoint()
        while not self._waiting:
            await self._news.park()
        return self._waiting.popleft()

    def put(self, message: Message) -> Message | None:
        """Add a message; returns the oldest one when that had to go."""
        lost = self._waiting.popleft() if len(self._waiting) == QUEUE else None
        self._waiting.append(message)
        self._news.unpark()
        return lost
