"""Where the models are, and the key to them."""

from typing import Final
from urllib.parse import urlsplit

from chorus_hooks.setting import Setting


def _base(value: str) -> str:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError(f"{value!r} is no address like http://localhost:8080/v1") from None
    if "@" in parts.netloc:
        raise ValueError("an address has no user and password in it; RESETDATA_API_KEY holds the key")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{value!r} is no address like http://localhost:8080/v1")
    return value.rstrip("/")


def _key(value: str) -> str:
    """What may stand in a header (RFC 9110, 5.5)."""
    key = value.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError("a key has neither spaces nor anything beyond printable ASCII in it")
    return key


RESETDATA_BASE_URL: Final[Setting[str]] = Setting(
    "RESETDATA_BASE_URL",
    _base,
    "https://models.au-syd.resetdata.ai/v1",
    "The OpenAI-compatible API to ask: ResetData, or a vLLM, llama.cpp, LM Studio, OpenRouter; ends in /v1",
    live=True,
)
RESETDATA_API_KEY: Final[Setting[str]] = Setting(
    "RESETDATA_API_KEY",
    _key,
    "",
    "The key for RESETDATA_BASE_URL. A server of one's own may need none",
    secret=True,
    live=True,
)
