"""Where the HTTP API and the health port listen, and how much they take."""

from typing import Final

from chorus_hooks.quantity import parse_size
from chorus_hooks.setting import Setting, integer, names


def _address(value: str) -> str:
    host = value.strip().removeprefix("[").removesuffix("]")
    if not host or "/" in host or " " in host:
        raise ValueError(f"{value!r} is no address or host name to listen on")
    return host


def _hosts(value: str) -> tuple[str, ...]:
    hosts = names(value.lower())
    for host in hosts:
        if "/" in host or ":" in host or "*" in host:
            raise ValueError(f"{host!r} is no host name: no scheme, port or wildcard")
    return hosts


def _size(low: int, high: int, value: str) -> int:
    size = parse_size(value)
    if not low <= size <= high:
        raise ValueError(f"{value} is not between {low} and {high} bytes")
    return size


API_PORT: Final[Setting[int]] = Setting(
    "CHORUS_API_PORT",
    integer(0, 65535),
    8080,
    "Port of the HTTP API. 0: any. Taken and not set: the next free",
)
API_BIND: Final[Setting[str]] = Setting(
    "CHORUS_API_BIND", _address, "127.0.0.1", "Address that the HTTP API listens on"
)
API_HOSTS: Final[Setting[tuple[str, ...]]] = Setting(
    "CHORUS_API_HOSTS",
    _hosts,
    (),
    "More host names by which clients may call this node; addresses and localhost are always allowed",
    live=True,
)
API_MAX_BLOB: Final[Setting[int]] = Setting(
    "CHORUS_API_MAX_BLOB",
    lambda value: _size(1 << 20, 1 << 44, value),
    4 << 30,
    "The largest blob that may be uploaded, like 512m or 4g",
    live=True,
)
HEALTH_PORT: Final[Setting[int]] = Setting(
    "CHORUS_HEALTH_PORT",
    integer(0, 65535),
    8081,
    "Port of health and metrics. 0: any. Taken and not set: the next free",
)
HEALTH_BIND: Final[Setting[str]] = Setting(
    "CHORUS_HEALTH_BIND",
    _address,
    "127.0.0.1",
    "Address that health and metrics listen on; they need no token",
)
SETTINGS: Final = (API_PORT, API_BIND, API_HOSTS, API_MAX_BLOB, HEALTH_PORT, HEALTH_BIND)
