"""The check `mesh`: whether peers can arrive, and how many are there."""

from typing import Final

import trio

from chorus_hooks.address import Address, parse_address
from chorus_hooks.health import Check, Finding
from chorus_hooks.mesh import Mesh
from chorus_hooks.service import Capabilities
from chorus_libp2p.settings import ADVERTISE, P2P_PORT
from chorus_libp2p.traffic import TRAFFIC

CONNECT_S: Final = 2.0


async def _probe(capabilities: Capabilities) -> Finding:
    addresses = [parse_address(text) for text in capabilities.get(Mesh).addresses]
    count = TRAFFIC.links()
    peers = "1 peer" if count == 1 else f"{count} peers"
    if not addresses:
        return Finding(
            "warning",
            f"this node has no address at which peers could dial it; {peers}",
            f"connect the machine to a network, or set {ADVERTISE.name}",
        )
    where = ", ".join(f"{address.host} port {address.port}" for address in addresses[:3])
    # What is advertised may be the outside of a NAT, which need not answer from within: it is not a fault.
    if count or await _answers(addresses[0]):
        return Finding("ok", f"peers can dial {where}; {peers}")
    return Finding(
        "warning",
        f"nobody answers at {where}, which this node tells its peers; {peers}",
        f"check the firewall, {P2P_PORT.name} and {ADVERTISE.name}; it can still dial others",
    )


async def _answers(address: Address) -> bool:
    with trio.move_on_after(CONNECT_S):
        try:
            stream = await trio.open_tcp_stream(address.host, address.port)
        except OSError:
            return False
        await stream.aclose()
        return True
    return False


def mesh_check() -> Check:
    """Really dials the first address. Beside a node it would be a second peer with the node's key."""
    return Check("mesh", _probe, requires=(Mesh,), where="auto")
