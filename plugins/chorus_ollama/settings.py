"""Where Ollama is."""

from typing import Final
from urllib.parse import urlsplit

from chorus_hooks.setting import Setting, names


def _endpoints(value: str) -> tuple[str, ...]:
    endpoints = tuple(_endpoint(name) for name in names(value))
    if not endpoints:
        raise ValueError("no address is in it")
    return endpoints


def _endpoint(value: str) -> str:
    """Ollama's own tools leave the scheme out."""
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"{value!r} is no address like http://localhost:11434") from None
    if "@" in parts.netloc:
        raise ValueError("an address has no user and password in it")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{value!r} is no address like http://localhost:11434")
    if port is None and "://" not in value:
        url = f"{url}:11434"
    return url.rstrip("/")


OLLAMA_ENDPOINT: Final[Setting[tuple[str, ...]]] = Setting(
    "OLLAMA_ENDPOINT",
    _endpoints,
    ("http://localhost:11434",),
    "Where Ollama listens; several, separated by commas, are tried in turn when there is no connection",
    live=True,
)
