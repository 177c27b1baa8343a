"""What libp2p 0.8.1 fixes in module constants and CHORUS needs otherwise.

None of these names is an interface: the version is pinned, and a test looks that each is still there.
"""

import functools
import logging
from types import ModuleType
from typing import Final

from libp2p.kad_dht import kad_dht, provider_store, value_store
from libp2p.network import swarm
from libp2p.pubsub import pubsub
from libp2p.pubsub.rpc_queue import RpcQueue
from libp2p.stream_muxer import muxer_multistream
from libp2p.stream_muxer.yamux import yamux

from chorus_libp2p.credit import CreditedStream
from chorus_libp2p.muxer import BoundedYamux
from chorus_libp2p.protection import protected

QUEUE: Final = 4096
"""Gossip that may wait for one peer, or for one reader: libp2p's 32 overflow in a burst, silently."""
WINDOW: Final = 1024 * 1024
"""Bytes that a peer may send on one stream before they are read: libp2p lets it grow to 16 MiB."""
VALUES: Final = 1024
"""Records that this node keeps for others: with 64 KiB each, 64 MiB. libp2p keeps 50,000."""
RECORD_MESSAGE: Final = 256 * 1024
"""Bytes of one message about records: libp2p takes 4 MiB from each of twelve peers at once."""
PROVIDED_S: Final = 24 * 3600
"""How long a provider is remembered, as `Records` promises: libp2p's 48 hours, halved."""

_done = False


def constants() -> tuple[tuple[ModuleType, str, object], ...]:
    """Module, name and new value of each."""
    return (
        (pubsub, "RpcQueue", functools.partial(RpcQueue, max_size=QUEUE)),
        (pubsub, "SUBSCRIPTION_CHANNEL_SIZE", QUEUE),
        (yamux, "MAX_WINDOW_SIZE", WINDOW),
        (muxer_multistream, "Yamux", BoundedYamux),  # it offers what it is given, and then makes its own
        (yamux, "YamuxStream", CreditedStream),
        (swarm, "new_protected_conn", protected),
        (value_store, "MAX_VALUE_STORE_SIZE", VALUES),
        (kad_dht, "MAX_DHT_MESSAGE_SIZE", RECORD_MESSAGE),
        (provider_store, "PROVIDER_RECORD_EXPIRATION_INTERVAL", PROVIDED_S),
    )


def tune() -> None:
    """Set them, once in a process, before anything of libp2p is made."""
    global _done
    if _done:
        return
    _done = True
    for module, name, value in constants():
        setattr(module, name, value)
    # It logs what peers do as errors, several lines each, and to the console of whoever forgot a handler.
    # What matters of it is said here, under our own names.
    for name in ("libp2p", "multiaddr"):
        noise = logging.getLogger(name)
        noise.setLevel(logging.CRITICAL)
        noise.propagate = True
