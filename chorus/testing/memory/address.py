"""Reads the multiaddrs that a network in memory can dial."""

import ipaddress
from dataclasses import dataclass

from chorus_hooks.errors import UsageError


@dataclass(frozen=True)
class Address:
    """Where to dial (`/ip4/…/tcp/…`), and whom one expects there."""

    socket: str
    peer_id: str | None


def parse(address: str) -> Address:
    """Read `/ip4/<ip>/tcp/<port>[/p2p/<peer id>]`, the same with ip6 or dns. Raises UsageError."""
    match address.split("/"):
        case ["", ("ip4" | "ip6" | "dns" | "dns4" | "dns6") as kind, host, "tcp", port] if _is_host(
            kind, host
        ) and _is_port(port):
            return Address(address, None)
        case ["", kind, host, "tcp", port, "p2p", peer_id] if peer_id:
            return Address(parse(f"/{kind}/{host}/tcp/{port}").socket, peer_id)
    raise UsageError(
        f"{address!r} is no address of a peer", hint="such as /ip4/10.0.0.1/tcp/9000/p2p/12D3KooW…"
    )


def _is_host(kind: str, host: str) -> bool:
    try:
        if kind == "ip4":
            ipaddress.IPv4Address(host)
        elif kind == "ip6":
            ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return bool(host)


def _is_port(port: str) -> bool:
    return port.isascii() and port.isdigit() and int(port) < 65_536
