"""The addresses of this machine, those first at which others can most likely reach it."""

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

import ifaddr

IP = ipaddress.IPv4Address | ipaddress.IPv6Address

_INSIDE: Final = re.compile(r"(docker|podman|cni|cni-podman|lxcbr|lxdbr|virbr|br-[0-9a-f]{12}|veth)[0-9a-f]*")
"""Interfaces that container engines and hypervisors make: they lead to this machine's guests and no further,
and every machine has the same addresses on them."""


def own_ips() -> list[IP]:
    """What this machine's interfaces have, loopback too."""
    return ranked(
        (adapter.name, ipaddress.ip_address(entry.ip if isinstance(entry.ip, str) else entry.ip[0]))
        for adapter in ifaddr.get_adapters()
        for entry in adapter.ips
    )


def ranked(found: Iterable[tuple[str, IP]]) -> list[IP]:
    """Addresses of interfaces by name: the real ones first, IPv4 before IPv6, each once."""
    # Those that are link-local need the name of an interface of whoever dials.
    usable = [(name, ip) for name, ip in found if not ip.is_link_local]
    usable.sort(key=lambda one: (_INSIDE.fullmatch(one[0]) is not None, one[1].version, int(one[1])))
    return list(dict.fromkeys(ip for _, ip in usable))
