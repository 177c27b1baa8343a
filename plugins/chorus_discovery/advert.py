"""What a node says of itself on the LAN, as RFC 6763 (DNS-based service discovery) has it. Pure.

    PTR  _chorus._tcp.local.                  -> chorus-<16 hex>._chorus._tcp.local.
    SRV  chorus-<16 hex>._chorus._tcp.local.  -> port, chorus-<16 hex>.local. (A and AAAA: the addresses)
    TXT  txtvers=1  id=<peer id>  tag=<cluster>  v=<version of CHORUS>

Nothing of it is secret, and anybody on the LAN may say anything: what is heard is checked, bounded, and only
an address to try. Who really is there shows when it is dialled.
"""

import hashlib
import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from chorus_hooks.address import Address, address_of_ip, is_peer_id, parse_address
from chorus_hooks.errors import UsageError

SERVICE: Final = "_chorus._tcp.local."
MOST_ADDRESSES: Final = 8
_FORM: Final = "1"


@dataclass(frozen=True)
class Advert:
    """A node as it shows itself. `addresses` share one port, since there is one SRV record."""

    peer_id: str
    tag: str
    version: str
    addresses: tuple[Address, ...]

    @property
    def host(self) -> str:
        """A name that no other node has. DNS does not tell upper from lower case, peer ids do."""
        return f"chorus-{hashlib.sha256(self.peer_id.encode()).hexdigest()[:16]}"

    @property
    def text(self) -> dict[str, str]:
        """The TXT record."""
        return {"txtvers": _FORM, "id": self.peer_id, "tag": self.tag, "v": self.version}


def advertised(addresses: Iterable[str]) -> tuple[Address, ...]:
    """Which addresses of a mesh go into an advert: IPs of one port; those of loopback as a last resort."""
    ips = [address for address in _parsed(addresses) if _has_a_place(address)]
    ips = [address for address in ips if not is_loopback(address)] or ips
    return tuple(address for address in ips if address.port == ips[0].port)[:MOST_ADDRESSES]


def is_loopback(address: Address) -> bool:
    """Whether it leads to this machine only."""
    return ipaddress.ip_address(address.host).is_loopback


def heard(text: Mapping[bytes, bytes | None], hosts: Iterable[str], port: int | None) -> Advert | None:
    """What somebody shows, or None when it is nothing that a peer would show."""
    told = {key.lower(): value for key, value in text.items() if value is not None}
    try:
        form, peer_id, tag, version = (told[key].decode("ascii") for key in (b"txtvers", b"id", b"tag", b"v"))
    except (KeyError, UnicodeDecodeError):
        return None
    if form != _FORM or not is_peer_id(peer_id) or not port or not 0 < port < 65536:
        return None
    addresses = tuple(_places(hosts, port, peer_id))[:MOST_ADDRESSES]
    return Advert(peer_id, tag, version, addresses) if addresses else None


def _places(hosts: Iterable[str], port: int, peer_id: str) -> Iterator[Address]:
    for host in hosts:
        try:
            address = address_of_ip(host, port, peer_id)
        except ValueError:
            continue
        if _has_a_place(address):
            yield address


def _parsed(addresses: Iterable[str]) -> Iterator[Address]:
    for text in addresses:
        try:
            yield parse_address(text)
        except UsageError:
            continue


def _has_a_place(address: Address) -> bool:
    """An IP that means the same to everybody who hears it: link-local ones need a zone beside them."""
    if not address.kind.startswith("ip"):
        return False
    ip = ipaddress.ip_address(address.host)
    return not (ip.is_unspecified or ip.is_multicast or (ip.version == 6 and ip.is_link_local))
