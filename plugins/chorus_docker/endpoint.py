"""Where the Docker engine listens, from DOCKER_HOST. Pure but for `connect`."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import trio

DEFAULT: Final = "unix:///var/run/docker.sock"
CONNECT_S: Final = 5.0
"""An engine on this machine accepts in microseconds, one in the same network in milliseconds."""


@dataclass(frozen=True)
class Endpoint:
    """A Unix socket (`path`), or a TCP address (`host`, `port`) without TLS."""

    url: str
    path: str = ""
    host: str = ""
    port: int = 0

    async def connect(self) -> trio.SocketStream:
        """A new connection. Raises OSError."""
        with trio.move_on_after(CONNECT_S):
            if self.path:
                return await trio.open_unix_socket(self.path)
            return await trio.open_tcp_stream(self.host, self.port)
        raise TimeoutError(f"no connection within {CONNECT_S:g} s")


def parse_endpoint(text: str) -> Endpoint:
    """`unix:///path` or `tcp://host:port`; empty is the default. Raises ValueError for anything else."""
    url = text.strip() or DEFAULT
    parts = urlsplit(url)
    if parts.scheme == "unix" and parts.netloc + parts.path not in ("", "/"):
        return Endpoint(url, path=parts.netloc + parts.path)
    if parts.scheme == "tcp" and parts.hostname and not parts.path.strip("/"):
        return Endpoint(url, host=parts.hostname, port=parts.port or 2375)
    raise ValueError(f"DOCKER_HOST={url} is neither unix:///path nor tcp://host:port")
