"""Where a running node answers: found by the core, used by whatever reaches the node over its HTTP API."""

from typing import Final, Protocol

from chorus_hooks.setting import Setting

TOKEN_FILE: Final = "api-token"  # noqa: S105 - a file name
"""In the state dir: the token that a node made for itself."""


def _url(value: str) -> str:
    from urllib.parse import urlsplit  # a command that names no node shall not pay for it

    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{value!r} is not a URL like http://127.0.0.1:8080")
    if parts.query or parts.fragment or parts.username:
        raise ValueError(f"{value!r} has more than scheme, host, port and path")
    return value.rstrip("/")


def _token(value: str) -> str:
    if len(value) < 16 or not (value.isascii() and value.isprintable()) or " " in value:
        raise ValueError("a token has at least 16 printable ASCII characters and no space")
    return value


URL: Setting[str] = Setting(
    "CHORUS_URL", _url, "", "A running node for the client commands: http://HOST:PORT"
)
API_TOKEN: Setting[str] = Setting(
    "CHORUS_API_TOKEN",
    _token,
    "",
    "Bearer token of the HTTP API. Default: made once, in api-token in the state dir",
    secret=True,
    live=True,
)


class Endpoint(Protocol):
    """The node that the commands of this process talk to. Given by the core in client mode."""

    @property
    def url(self) -> str:
        """Its base, without the `/api/v1`."""
        ...

    @property
    def token(self) -> str:
        """The bearer token."""
        ...


class Api(Protocol):
    """The HTTP API of this node, while it listens. The core writes it into `api.json`."""

    @property
    def url(self) -> str:
        """The API's own base: `http://127.0.0.1:8080`."""
        ...

    @property
    def health_url(self) -> str:
        """The base of health and metrics."""
        ...
