"""Where this node is: its addresses while they change, and the connections by those that it has lost.

A machine that moves to another network keeps its process. Its connections do not break, they just never carry
anything again, and the kernel says so after a quarter of an hour.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from typing import Final
from weakref import WeakSet

import trio

from chorus_hooks.address import Address
from chorus_libp2p.interfaces import IP, own_ips
from chorus_libp2p.listening import Listening
from chorus_libp2p.wire import Wire

LOOK_S: Final = 2.0
_UNSPECIFIED: Final[dict[int, IP]] = {4: ipaddress.IPv4Address(0), 6: ipaddress.IPv6Address(0)}


class Whereabouts:
    """`addresses` are multiaddrs without a peer id, at which others can dial this node now."""

    def __init__(self, listening: Listening, ips: Callable[[], Iterable[IP]] = own_ips) -> None:
        self.addresses = listening.addresses
        self._listening = listening
        self._ask = ips
        self._ips = set(ips())
        self._bound = {_bound(made) for made in listening.sockets}
        self._wires: WeakSet[Wire] = WeakSet()

    def include(self, address: Address) -> bool:
        """Whether this node listens at an address, as far as the address itself tells: a name does not."""
        if not address.kind.startswith("ip"):
            return False
        ip = ipaddress.ip_address(address.host)
        return (ip, address.port) in self._bound or (
            (ip.is_loopback or ip in self._ips) and (_UNSPECIFIED[ip.version], address.port) in self._bound
        )

    def add(self, wire: Wire) -> None:
        """A connection."""
        self._wires.add(wire)

    def look(self) -> None:
        """See what has changed. Addresses come first: who loses a link asks for them."""
        before, self._ips = self._ips, set(self._ask())
        if before == self._ips:
            return
        self.addresses = self._listening.now()
        gone = before - self._ips
        for wire in [wire for wire in self._wires if ipaddress.ip_address(wire.local) in gone]:
            wire.abort()

    async def follow(self) -> None:
        """Look every now and then, until cancelled."""
        while True:
            await trio.sleep(LOOK_S)
            self.look()


def _bound(made: socket.socket) -> tuple[IP, int]:
    host, port = made.getsockname()[:2]
    return ipaddress.ip_address(host), port
