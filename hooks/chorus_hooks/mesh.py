"""The wire between peers: authenticated links, streams and topics. Who is there is `Members`, not this.

Nothing here retries, remembers or judges: a mesh dials what it is told to, carries bytes, and says what came
up and went down. Whoever talks to peers speaks frames over its streams, see `chorus_hooks.wire`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from chorus_hooks.records import Records

MESSAGE_LIMIT: Final = 16 * 1024
"""Bytes of one message on a topic at most: topics hint, streams carry."""


@dataclass(frozen=True)
class Link:
    """A peer came up (its first connection is there) or went down (its last one is gone).

    `address` is the multiaddr of the other end as seen from here, `dialled` whether this side opened it.
    """

    peer_id: str
    up: bool
    address: str
    dialled: bool


@dataclass(frozen=True)
class Message:
    """What a peer published. `sender` signed it; it may have come through others, late, or never."""

    topic: str
    sender: str
    data: bytes


class Stream(Protocol):
    """Bytes to and from one peer, in order, encrypted, with back-pressure. The peer is authenticated."""

    @property
    def peer_id(self) -> str:
        """Who is at the other end."""
        ...

    async def send(self, data: bytes) -> None:
        """Hand bytes over; waits while the peer does not read. One sender at a time.

        Raises Unreachable when the stream is gone. Cancelled, it may have sent a part: close it then.
        """
        ...

    async def receive(self) -> bytes:
        """The next bytes, as they come; empty when the peer closed. Raises Unreachable when it broke."""
        ...

    async def aclose(self) -> None:
        """Give it up, both directions. Never raises, never waits for the peer."""
        ...


class Topics(Protocol):
    """Hints to everybody: not ordered, not repeated, lost when a queue is full or a peer away."""

    async def publish(self, topic: str, data: bytes) -> None:
        """Send to all that subscribe. Raises UsageError above MESSAGE_LIMIT."""
        ...

    def subscribe(self, topic: str) -> AbstractAsyncContextManager[AsyncIterator[Message]]:
        """What others publish from now on; one's own messages are left out.

        A reader that is slower than its queue loses the oldest messages, which is counted.
        """
        ...


class Mesh(Protocol):
    """This node's end of the mesh. Only peers that know the cluster secret get a link."""

    @property
    def peer_id(self) -> str:
        """Our own, as in `Identity`."""
        ...

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where others can dial us: multiaddrs with `/p2p/<our peer id>`, never an unspecified IP."""
        ...

    @property
    def topics(self) -> Topics:
        """Gossip over the links."""
        ...

    @property
    def records(self) -> Records:
        """Values and providers by key, kept by the peers together."""
        ...

    async def dial(self, address: str) -> str:
        """Connect to a multiaddr; returns whom it reached. One that is linked already is left as it is.

        An address that can be seen to be this node's own reaches this node, without a connection.

        Raises Unreachable when nobody answers, the peer is another one than the address says, or it does
        not know the secret; UsageError when the address cannot be read.
        """
        ...

    async def hang_up(self, peer_id: str) -> None:
        """Close every connection to a peer. Does nothing when there is none."""
        ...

    def links(self) -> AbstractAsyncContextManager[AsyncIterator[Link]]:
        """First the links that are up, then every change, in order, none left out."""
        ...

    async def open(self, peer_id: str, protocol: str) -> Stream:
        """A new stream to a linked peer, such as `/chorus/journal/1`.

        Raises Unreachable when there is no link, or the peer does not speak the protocol.
        """
        ...

    def serve(self, protocol: str, handler: Callable[[Stream], Awaitable[None]]) -> None:
        """Take the streams of a protocol; each has a task of its own, and is closed when `handler` ends.

        What `handler` raises ends its stream, and is logged. Raises RuntimeError for a second handler.
        """
        ...
