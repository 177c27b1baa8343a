"""Multiaddrs of the kind that this mesh dials: a host, a TCP port, and maybe the peer. Pure.

`/ip4/192.0.2.7/tcp/9000/p2p/12D3KooW…`, or with `ip6`, `dns`, `dns4`, `dns6` for the host.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from chorus_hooks.errors import UsageError
from chorus_hooks.setting import names

_HOSTS: Final = ("ip4", "ip6", "dns", "dns4", "dns6")
_NAME: Final = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_PEER: Final = re.compile(r"[1-9A-HJ-NP-Za-km-z]{16,128}")


@dataclass(frozen=True)
class Address:
    """Where a peer may be dialled. `kind` is the protocol of the host: ip4, ip6, dns, dns4 or dns6."""

    kind: str
    host: str
    port: int
    peer_id: str | None = None

    def __str__(self) -> str:
        plain = f"/{self.kind}/{self.host}/tcp/{self.port}"
        return plain if self.peer_id is None else f"{plain}/p2p/{self.peer_id}"


def parse(text: str) -> Address:
    """Read a multiaddr. Raises UsageError when it is none, or not one for TCP."""
    try:
        match text.split("/"):
            case ["", kind, host, "tcp", port]:
                return _address(kind, host, port, None)
            case ["", kind, host, "tcp", port, "p2p", peer_id] if _PEER.fullmatch(peer_id):
                return _address(kind, host, port, peer_id)
    except ValueError:
        pass
    raise UsageError(
        f"{text[:200]!r} is no address of a peer",
        hint="addresses look like /ip4/192.0.2.7/tcp/9000/p2p/12D3KooW…",
    )


def of_socket(host: str, port: int, peer_id: str | None = None) -> Address:
    """The address of a socket's end. Raises ValueError when `host` is no IP."""
    ip = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return Address(f"ip{ip.version}", str(ip), port, peer_id)


def parse_advertised(value: str) -> tuple[str, ...]:
    """Comma-separated multiaddrs or `HOST:PORT`, as multiaddrs without a peer. Raises ValueError."""
    return tuple(str(_advertised(word)) for word in names(value))


def bind_host(value: str) -> str:
    """An IP to listen on; empty for all. Raises ValueError."""
    host = value.strip().removeprefix("[").removesuffix("]")
    return str(ipaddress.ip_address(host)) if host else ""


def _advertised(word: str) -> Address:
    if word.startswith("/"):
        try:
            address = parse(word)
        except UsageError as error:
            raise ValueError(error.message) from None
    else:
        host, colon, port = word.rpartition(":")
        bare = host.removeprefix("[").removesuffix("]")
        if not colon or not bare:
            raise ValueError(f"{word!r} is neither a multiaddr nor HOST:PORT")
        address = _address(_kind(bare), bare, port, None)
    if address.kind.startswith("ip") and ipaddress.ip_address(address.host).is_unspecified:
        raise ValueError(f"{word!r} can be dialled by nobody")
    return Address(address.kind, address.host, address.port)


def _kind(host: str) -> str:
    try:
        return f"ip{ipaddress.ip_address(host).version}"
    except ValueError:
        return "dns"


def _address(kind: str, host: str, port: str, peer_id: str | None) -> Address:
    if kind == "ip4":
        host = str(ipaddress.IPv4Address(host))
    elif kind == "ip6":
        host = str(ipaddress.IPv6Address(host))
    elif kind not in _HOSTS or not _NAME.fullmatch(host):
        raise ValueError(f"{host!r} is no host")
    if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
        raise ValueError(f"{port[:20]!r} is no port")
    return Address(kind, host, int(port), peer_id)
