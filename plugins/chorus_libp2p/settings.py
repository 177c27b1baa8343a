"""Where the mesh listens, and what it tells others of that."""

import ipaddress
from dataclasses import replace
from typing import Final

from chorus_hooks.address import parse_dialable
from chorus_hooks.setting import Setting, boolean, integer


def bind_host(value: str) -> str:
    """An IP to listen on; empty for all. Raises ValueError."""
    host = value.strip().removeprefix("[").removesuffix("]")
    return str(ipaddress.ip_address(host)) if host else ""


def parse_advertised(value: str) -> tuple[str, ...]:
    """Comma-separated multiaddrs or `HOST:PORT`, as multiaddrs without a peer. Raises ValueError."""
    return tuple(str(replace(address, peer_id=None)) for address in parse_dialable(value))


P2P_PORT: Final[Setting[int]] = Setting(
    "CHORUS_P2P_PORT",
    integer(0, 65535),
    9000,
    "Port on which peers reach this node. 0: any. Taken and not set: the next free",
)
P2P_BIND: Final[Setting[str]] = Setting(
    "CHORUS_P2P_BIND", bind_host, "", "Address on which peers reach this node. Default: all interfaces"
)
ADVERTISE: Final[Setting[tuple[str, ...]]] = Setting(
    "CHORUS_ADVERTISE",
    parse_advertised,
    (),
    "Where peers can dial this node, for NAT and overlay networks: multiaddrs or HOST:PORT, "
    "comma-separated. Default: the addresses of its interfaces",
)
DHT_ENABLED: Final[Setting[bool]] = Setting(
    "CHORUS_DHT_ENABLED", boolean, True, "Whether this node keeps and looks up records of the mesh"
)
SETTINGS: Final = (P2P_PORT, P2P_BIND, ADVERTISE, DHT_ENABLED)
