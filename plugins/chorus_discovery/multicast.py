"""Whether multicast works here: what this machine sends to a group on an interface comes back to it."""

import socket
import struct
from collections.abc import Iterator
from typing import Final

GROUP: Final = "224.0.0.251"
"""The group of multicast DNS (RFC 6762): link-local, so that no router carries it on."""
_PATIENCE_S: Final = 0.2


def usable_addresses() -> tuple[str, ...]:
    """The IPv4 addresses of this machine on whose interfaces multicast works. Blocks for a moment."""
    return tuple(address for address in _own_addresses() if _comes_back(address))


def _own_addresses() -> Iterator[str]:
    import ifaddr

    for adapter in ifaddr.get_adapters():
        yield from (str(ip.ip) for ip in adapter.ips if ip.is_IPv4)


def _comes_back(address: str) -> bool:
    """On a port of its own, so that no resolver on the LAN hears it."""
    interface = socket.inet_aton(address)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("", 0))
            membership = struct.pack("4s4s", socket.inet_aton(GROUP), interface)
            probe.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
            probe.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, interface)
            probe.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
            probe.settimeout(_PATIENCE_S)
            probe.sendto(b"chorus", (GROUP, probe.getsockname()[1]))
            return probe.recv(16) == b"chorus"
        except OSError:
            return False
