"""The connections to one node: TCP or TLS, straight or through the proxy that the environment names."""

import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

import httpcore

from chorus_hooks.errors import ConfigError

MOST_CONNECTIONS: Final = 8
"""A command has a stream of events, a transfer and a few questions at once."""

KEPT_S: Final = 4.0
"""Shorter than a server keeps an idle connection (uvicorn: 5 s), so that none is closed under a request."""


@dataclass(frozen=True)
class Proxy:
    """An HTTP proxy and who we are there."""

    url: str
    auth: tuple[str, str] | None


def pool(url: str, environment: Mapping[str, str]) -> httpcore.AsyncConnectionPool:
    """Connections to `url`, made when they are needed. Raises ConfigError for a proxy that cannot be used."""
    tls = _tls() if urlsplit(url).scheme == "https" else None
    through = proxy(url, environment)
    if through is None:
        return httpcore.AsyncConnectionPool(
            ssl_context=tls, max_connections=MOST_CONNECTIONS, keepalive_expiry=KEPT_S
        )
    return httpcore.AsyncHTTPProxy(
        through.url,
        proxy_auth=through.auth,
        ssl_context=tls,
        max_connections=MOST_CONNECTIONS,
        keepalive_expiry=KEPT_S,
    )


def proxy(url: str, environment: Mapping[str, str]) -> Proxy | None:
    """The proxy for `url`, as curl finds it (`https_proxy`, …, `no_proxy`); none for loopback."""
    parts = urlsplit(url)
    proxies = {
        name.lower().removesuffix("_proxy"): value
        for name, value in sorted(environment.items())
        if name.lower().endswith("_proxy")
    }
    found = proxies.get(parts.scheme) or proxies.get("all")
    if not found or _loopback(parts.hostname or "") or _excepted(parts.netloc, proxies.get("no", "")):
        return None
    return _parsed(found if "://" in found else f"http://{found}")


def _parsed(url: str) -> Proxy:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            "the proxy of the environment is no HTTP proxy",
            hint="correct http_proxy or https_proxy, or name the node in no_proxy",
        )
    auth = None if parts.username is None else (unquote(parts.username), unquote(parts.password or ""))
    return Proxy(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", auth)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _excepted(netloc: str, exceptions: str) -> bool:
    """Whether `no_proxy` names the host: itself, a domain that it is in, with a port or without; or `*`."""
    place = netloc.rpartition("@")[2].lower()
    host = urlsplit(f"//{place}").hostname or ""
    for exception in (word.strip().lower().removeprefix("*").lstrip(".") for word in exceptions.split(",")):
        if exception and (exception in (host, place) or host.endswith("." + exception)):
            return True
    return "*" in (word.strip() for word in exceptions.split(","))


def _tls() -> ssl.SSLContext:
    """The authorities of this system; SSL_CERT_FILE and SSL_CERT_DIR name others, as for OpenSSL itself."""
    return ssl.create_default_context()
