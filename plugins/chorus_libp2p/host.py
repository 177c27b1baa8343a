"""The libp2p host, put together by hand: nothing that is on by default, and nothing that dials by itself."""

from collections.abc import Callable
from typing import Final

from libp2p.abc import INetConn
from libp2p.crypto.x25519 import create_new_key_pair as new_x25519
from libp2p.custom_types import TProtocol
from libp2p.host.basic_host import BasicHost
from libp2p.network.auto_connector import AutoConnector
from libp2p.network.config import ConnectionConfig
from libp2p.network.exceptions import SwarmException
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.peer.peerstore import PeerStore
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
from libp2p.security.noise.transport import Transport as Noise
from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX
from libp2p.transport.upgrader import TransportUpgrader
from multiaddr import Multiaddr

from chorus_hooks.identity import Identity
from chorus_libp2p.barrier import guarded
from chorus_libp2p.key import key_pair
from chorus_libp2p.muxer import BoundedYamux
from chorus_libp2p.traffic import Traffic

CONNECTIONS: Final = 512
HANDSHAKE_S: Final = 5.0
"""Secret, Noise and yamux of a connection, on both sides. Who does not know the secret says nothing wrong:
the two just never understand each other, until this is over."""
NEGOTIATE_S: Final = 5.0


class MissesNobody(AutoConnector):
    """libp2p wants half as many connections as it may have, whatever the configuration says."""

    async def maybe_connect(self) -> None:
        """Never."""


class DialsNobody(Swarm):
    """libp2p dials peers that it needs or misses, at one of the addresses that it remembers, and refuses for
    a minute those that failed. Here `Members` decides whom to dial, and `dialling` does it.
    """

    async def dial_peer(self, peer_id: ID) -> list[INetConn]:
        """Never."""
        raise SwarmException(f"there is no link to {peer_id}")


def make_host(
    identity: Identity, secret: str, addresses: Callable[[], tuple[str, ...]], traffic: Traffic
) -> BasicHost:
    """A host that speaks Noise and yamux behind the cluster's secret (64 hex digits), and nothing else.

    `new_host` would add TLS, secio and plaintext to the security that it offers, mplex, address discovery,
    and a resource manager that limits by IP.
    """
    pair = key_pair(identity)
    store = PeerStore()
    peer_id = ID.from_pubkey(pair.public_key)
    store.add_key_pair(peer_id, pair)
    upgrader = TransportUpgrader(
        {NOISE: Noise(pair, noise_privkey=new_x25519().private_key)}, {TProtocol(YAMUX): BoundedYamux}
    )
    swarm = DialsNobody(peer_id, store, upgrader, [], connection_config=_connections(), psk=secret)
    swarm.auto_connector = MissesNobody(swarm)
    host = BasicHost(
        swarm,
        addrs_factory=lambda _: [Multiaddr(address) for address in addresses()],
        disable_identify_address_discovery=True,
    )
    # Nothing here asks peers to identify themselves, so nothing is believed of what they would say.
    host._should_identify_peer = lambda peer_id: False  # type: ignore[method-assign]
    swarm.set_stream_handler(guarded(swarm.common_stream_handler, traffic))
    return host


def _connections() -> ConnectionConfig:
    return ConnectionConfig(
        max_connections=CONNECTIONS,
        high_watermark=CONNECTIONS,
        min_connections=0,
        low_watermark=0,
        max_connections_per_peer=4,
        inbound_upgrade_timeout=HANDSHAKE_S,
        outbound_upgrade_timeout=HANDSHAKE_S,
        inbound_stream_protocol_negotiation_timeout=NEGOTIATE_S,
        outbound_stream_protocol_negotiation_timeout=NEGOTIATE_S,
    )
