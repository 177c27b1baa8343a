"""The sockets on which peers arrive, and the addresses at which others find them."""

import errno
import ipaddress
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from chorus_hooks.address import address_of_ip
from chorus_hooks.errors import ConfigError
from chorus_hooks.setting import Config
from chorus_libp2p.interfaces import own_ips
from chorus_libp2p.settings import ADVERTISE, P2P_BIND, P2P_PORT

BACKLOG: Final = 128
TRIES: Final = 100
"""How many ports after a taken default are looked at."""

_log = logging.getLogger("chorus.libp2p")


@dataclass(frozen=True)
class Listening:
    """Sockets that accept, all on one port, and the multiaddrs that lead to them, without a peer id."""

    sockets: tuple[socket.socket, ...]
    addresses: tuple[str, ...]
    interfaces: Callable[[], tuple[str, ...]] | None = None
    """Where the addresses are from, when that may change."""

    def now(self) -> tuple[str, ...]:
        """The addresses as they are by now."""
        return self.interfaces() if self.interfaces else self.addresses


@contextmanager
def listening(config: Config) -> Iterator[Listening]:
    """Listen as the settings say. Raises ConfigError that names the setting.

    libp2p's own listener shares its port with whoever else listens there (SO_REUSEPORT): two nodes of one
    machine would take each other's peers. These sockets do not, so a port that is taken is known.
    """
    first = config[P2P_PORT]
    last = first if first == 0 or config.explicit(P2P_PORT) else min(first + TRIES, 65536) - 1
    for number in range(first, last + 1):
        sockets = _listen(config[P2P_BIND], number)
        if sockets:
            break
    else:
        raise ConfigError(
            f"{P2P_PORT.name}: port {first} is taken by another program",
            hint=f"stop that program, or set {P2P_PORT.name} to another port; 0 takes any that is free",
        )
    try:
        port = int(sockets[0].getsockname()[1])
        if first not in (0, port):
            _log.warning("port %d is taken: using %d", first, port, extra={"setting": P2P_PORT.name})
        if config[ADVERTISE]:
            yield Listening(sockets, config[ADVERTISE])
        else:
            own = partial(_own, config[P2P_BIND], sockets, port)
            yield Listening(sockets, own(), own)
    finally:
        for made in sockets:
            made.close()


def _listen(bind: str, port: int) -> tuple[socket.socket, ...]:
    """One socket for each family that `bind` means; none when the port is taken."""
    made: list[socket.socket] = []
    hosts = [bind] if bind else ["0.0.0.0", "::"]  # noqa: S104 - what the user asked for
    try:
        for host in hosts:
            opened = _open(host, port)
            if opened is None:
                continue
            made.append(opened)
            port = opened.getsockname()[1]
    except OSError as error:
        for opened in made:
            opened.close()
        if error.errno == errno.EADDRINUSE:
            return ()
        raise ConfigError(
            f"cannot listen on {bind or 'all interfaces'} port {port}: {error.strerror}",
            hint=f"ports below 1024 are the administrator's; {P2P_BIND.name} is an address of this machine",
        ) from None
    return tuple(made)


def _open(host: str, port: int) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        if host == "::":
            return None  # a machine without IPv6
        raise
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((host, port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        if host == "::" and error.errno == errno.EADDRNOTAVAIL:
            return None
        raise
    made.setblocking(False)
    return made


def _own(bind: str, sockets: tuple[socket.socket, ...], port: int) -> tuple[str, ...]:
    """Concrete addresses only: who is told 0.0.0.0 dials itself."""
    if bind and not ipaddress.ip_address(bind).is_unspecified:
        return (str(address_of_ip(bind, port)),)
    versions = {6 if made.family == socket.AF_INET6 else 4 for made in sockets}
    ips = [ip for ip in own_ips() if ip.version in versions]
    others = [ip for ip in ips if not ip.is_loopback]
    # A machine without a network still has peers: the other nodes on it.
    return tuple(str(address_of_ip(str(ip), port)) for ip in others or ips)
