"""`chorus_hooks.mesh.Topics` over GossipSub."""

import logging
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import trio
from libp2p.abc import ISubscriptionAPI
from libp2p.peer.id import ID
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.pubsub import Pubsub

from chorus_hooks.errors import UsageError
from chorus_hooks.mesh import MESSAGE_LIMIT, Message
from chorus_libp2p.traffic import Traffic

QUEUE: Final = 1024
"""Messages that a reader may be behind."""
SEEN: Final = 8192
"""Messages that are known again when they come by another way."""

_log = logging.getLogger("chorus.libp2p")


class GossipTopics:
    """Several readers of one topic share its subscription."""

    def __init__(self, pubsub: Pubsub, nursery: trio.Nursery, traffic: Traffic) -> None:
        self._pubsub = pubsub
        self._nursery = nursery
        self._traffic = traffic
        self._topics: dict[str, _Topic] = {}
        self._changing = trio.Lock()

    async def publish(self, topic: str, data: bytes) -> None:
        """Send to all that subscribe."""
        if len(data) > MESSAGE_LIMIT:
            raise UsageError(f"a message of {len(data)} bytes, more than {MESSAGE_LIMIT}")
        self._traffic.message(topic, "out", len(data))
        try:
            await self._pubsub.publish(topic, bytes(data))
        except Exception as error:
            self._traffic.dropped[topic, "unsent"] += 1
            _log.debug("a message on %s was not sent: %r", topic, error)

    @asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[AsyncIterator[Message]]:
        """What others publish from now on."""
        reader = _Reader()
        async with self._changing:
            if topic not in self._topics:
                self._topics[topic] = await self._join(topic)
            self._topics[topic].readers.append(reader)
        try:
            yield reader
        finally:
            with trio.CancelScope(shield=True):
                async with self._changing:
                    await self._leave(topic, reader)

    def waiting(self) -> dict[str, int]:
        """Messages that wait for readers, by topic."""
        return {
            name: sum(len(reader.waiting) for reader in topic.readers) for name, topic in self._topics.items()
        }

    async def _join(self, name: str) -> "_Topic":
        topic = _Topic(name, str(self._pubsub.my_id), self._traffic)
        # Asynchronous, though it waits for nothing: libp2p dies of a synchronous one that raises.
        self._pubsub.set_topic_validator(name, topic.valid, True)
        subscription = await self._pubsub.subscribe(name)
        self._nursery.start_soon(self._pump, topic, subscription)
        return topic

    async def _leave(self, name: str, reader: "_Reader") -> None:
        topic = self._topics[name]
        topic.readers.remove(reader)
        if not topic.readers:
            del self._topics[name]
            topic.left.cancel()
            await self._pubsub.unsubscribe(name)
            self._pubsub.remove_topic_validator(name)

    async def _pump(self, topic: "_Topic", subscription: ISubscriptionAPI) -> None:
        with topic.left:
            async for message in subscription:
                topic.arrive(message)


class _Topic:
    """One topic that this node listens to."""

    def __init__(self, name: str, own: str, traffic: Traffic) -> None:
        self.readers: list[_Reader] = []
        self.left = trio.CancelScope()
        self._name = name
        self._own = own
        self._traffic = traffic
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    async def valid(self, _forwarder: ID, message: rpc_pb2.Message) -> bool:
        """Whether to take it, and pass it on. Its signature has been checked."""
        await trio.lowlevel.checkpoint()
        if list(message.topicIDs) == [self._name] and len(message.data) <= MESSAGE_LIMIT:
            return True
        self._traffic.dropped[self._name, "invalid"] += 1
        return False

    def arrive(self, message: rpc_pb2.Message) -> None:
        """A valid message. Two that came at once by two ways are both here."""
        sender = str(ID(message.from_id))
        key = message.from_id + message.seqno
        if sender == self._own or key in self._seen:
            return
        self._seen[key] = None
        if len(self._seen) > SEEN:
            self._seen.popitem(last=False)
        self._traffic.message(self._name, "in", len(message.data))
        for reader in self.readers:
            if reader.put(Message(self._name, sender, message.data)):
                self._traffic.dropped[self._name, "slow_reader"] += 1


class _Reader:
    """A subscription: the newest messages that were not read yet."""

    def __init__(self) -> None:
        self.waiting: deque[Message] = deque(maxlen=QUEUE)
        self._news = trio.lowlevel.ParkingLot()

    def __aiter__(self) -> "_Reader":
        return self

    async def __anext__(self) -> Message:
        await trio.lowlevel.checkpoint()
        while not self.waiting:
            await self._news.park()
        return self.waiting.popleft()

    def put(self, message: Message) -> bool:
        """Add a message; whether the oldest had to go."""
        full = len(self.waiting) == QUEUE
        self.waiting.append(message)
        self._news.unpark()
        return full
