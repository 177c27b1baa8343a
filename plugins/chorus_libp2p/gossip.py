"""GossipSub with the settings that were measured to deliver, and without the ways in which a peer ends it."""

import logging
from typing import Any, Final

import trio
from libp2p.abc import INetStream
from libp2p.host.basic_host import BasicHost
from libp2p.peer.id import ID
from libp2p.pubsub.gossipsub import PROTOCOL_ID_V11, GossipSub
from libp2p.pubsub.pb import rpc_pb2
from libp2p.pubsub.pubsub import Pubsub

from chorus_hooks.wire.rate import Rate

PACE: Final = 128 * 1024.0
"""Bytes of gossip that one peer may send in a second before it is read more slowly."""
BURST: Final = 1024 * 1024.0
TRIM_S: Final = 10.0

_log = logging.getLogger("chorus.libp2p")


def make_router() -> GossipSub:
    """GossipSub 1.1: under 1.2 its IDONTWANTs fill the queues that messages need, and bursts are lost.

    The adaptive kind slows its heartbeat down until nothing heals; spam protection drops what is above ten
    messages a second, our own too; eclipse protection wants peers from several networks.
    """
    router = GossipSub(
        protocols=[PROTOCOL_ID_V11],
        degree=6,
        degree_low=4,
        degree_high=12,
        heartbeat_initial_delay=0.1,
        heartbeat_interval=1,
        prune_back_off=10,
        unsubscribe_back_off=1,
        adaptive_gossip_enabled=False,
        spam_protection_enabled=False,
        eclipse_protection_enabled=False,
    )
    # Who comes back to a topic sooner than in ten seconds would be kept out for a minute.
    router.graft_flood_threshold = 0.0
    return router


async def trim(router: GossipSub) -> None:
    """Forget what libp2p keeps of messages that are through.

    Without adaptive gossip it never forgets which it delivered. A thousand it keeps whole, to compare them
    with others of the same number; but one whose number is known is dropped before it comes to that.
    """
    while True:
        await trio.sleep(TRIM_S)
        router.recent_message_deliveries.clear()
        router.equivocation_detection.clear()


class SafePubsub(Pubsub):
    """An error in any of its tasks would end the service, and with it the host."""

    def __init__(self, host: BasicHost, router: GossipSub) -> None:
        super().__init__(host, router, strict_signing=True)

    async def _handle_new_peer(self, peer_id: ID) -> None:
        """Tell it our topics once more: libp2p forgets those that are joined while it tells them first."""
        await super()._handle_new_peer(peer_id)
        queue = self.peer_queues.get(peer_id)
        if queue is not None:
            queue.push(self.get_hello_packet())

    async def push_msg(self, msg_forwarder: ID, msg: rpc_pb2.Message) -> None:
        """Check a message, and pass it on."""
        try:
            await super().push_msg(msg_forwarder, msg)
        except Exception as error:
            _log.debug("a message from %s failed: %r", msg_forwarder, error)

    async def handle_sending_messages(self, peer_id: ID, stream: INetStream, rpc_queue: Any) -> None:
        """Send one peer what waits for it."""
        try:
            await super().handle_sending_messages(peer_id, stream, rpc_queue)
        except Exception as error:
            _log.debug("gossip to %s failed: %r", peer_id, error)
            self._handle_dead_peer(peer_id)

    async def _replay_recent_messages(self, peer_id: ID, topic: str) -> None:
        """Not here: who subscribes wants what comes from now on."""

    async def continuously_read_stream(self, stream: INetStream) -> None:
        """Read one peer, at its pace or ours."""
        paced: Any = _Paced(stream)
        await super().continuously_read_stream(paced)


class _Paced:
    """A stream whose reader takes a break when too much comes."""

    def __init__(self, stream: INetStream) -> None:
        self._stream = stream
        self._rate = Rate(PACE / 1024, burst=BURST / 1024)
        self._credit = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def read(self, n: int | None = None) -> bytes:
        """The next bytes; a token for each KiB of them."""
        data = await self._stream.read(n)
        self._credit += len(data)
        while self._credit >= 1024:
            self._credit -= 1024
            await trio.sleep(self._rate.take(trio.current_time()))
        return data
