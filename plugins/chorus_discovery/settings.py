"""Where to look for peers."""

from typing import Final

from chorus_hooks.address import parse_dialable
from chorus_hooks.setting import Setting, boolean


def _addresses(value: str) -> tuple[str, ...]:
    return tuple(map(str, parse_dialable(value)))


BOOTSTRAP_PEERS: Final[Setting[tuple[str, ...]]] = Setting(
    "CHORUS_BOOTSTRAP_PEERS",
    _addresses,
    (),
    "Where peers of this mesh are: multiaddrs or HOST:PORT, comma-separated. One that is up is enough",
)
MDNS_ENABLED: Final[Setting[bool]] = Setting(
    "CHORUS_MDNS_ENABLED",
    boolean,
    True,
    "Whether peers on one LAN, or one machine, find each other by multicast DNS",
)
SETTINGS: Final = (BOOTSTRAP_PEERS, MDNS_ENABLED)
