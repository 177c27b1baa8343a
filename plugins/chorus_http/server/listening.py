"""The listening sockets, bound before anything else so that a taken port is known at once."""

import errno
import logging
import socket
from dataclasses import dataclass
from typing import Final

from chorus_hooks.errors import ConfigError
from chorus_hooks.setting import Config, Setting

BACKLOG: Final = 1024
TRIES: Final = 100
"""How many ports after a taken default are looked at."""

_log = logging.getLogger("chorus.http")


@dataclass(frozen=True)
class Listening:
    """A socket that accepts, and the URL that reaches it from this machine."""

    socket: socket.socket
    url: str


def listen(config: Config, port: Setting[int], bind: Setting[str]) -> Listening:
    """Listen as the two settings say. Raises ConfigError that names the setting and the port.

    A default port that is taken gives way to the next free one, which is logged.
    """
    family, address = _resolve(bind, config[bind])
    first = config[port]
    last = first if first == 0 or config.explicit(port) else min(first + TRIES, 65536) - 1
    for number in range(first, last + 1):
        made = _listen(family, address, number)
        if made is not None:
            url = _url(made)
            if number != first:
                _log.warning(
                    "port %d is taken: using %d", first, number, extra={"setting": port.name, "url": url}
                )
            return Listening(made, url)
    raise ConfigError(
        f"{port.name}: port {first} on {config[bind]} is taken by another program",
        hint=f"stop that program, or set {port.name} to another port; 0 takes any that is free",
    )


def _resolve(setting: Setting[str], host: str) -> tuple[socket.AddressFamily, str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise ConfigError(
            f"{setting.name}: {host!r} is no address of this machine", hint="127.0.0.1 is the default"
        ) from None
    family, _, _, _, address = found[0]
    return family, str(address[0])


def _listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket | None:
    """None when the port is taken."""
    # The protocol is named because asyncio sets TCP_NODELAY only then.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setblocking(False)
        made.bind((address, port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise ConfigError(
            f"cannot listen on {address} port {port}: {error.strerror}",
            hint="ports below 1024 are the administrator's; the address must be one of this machine",
        ) from None
    except BaseException:
        made.close()
        raise
    return made


def _url(made: socket.socket) -> str:
    host, port = made.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
