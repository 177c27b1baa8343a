"""Proxies are found in the environment as curl finds them, and never for loopback."""

import pytest

from chorus_hooks.errors import ConfigError
from chorus_http.client.transport import Proxy, proxy

SQUID = {"http_proxy": "http://squid:3128", "https_proxy": "http://squid:3129"}


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080",
        "http://127.9.9.9",
        "http://[::1]:8080",
        "http://localhost:1",
        "http://a.localhost",
    ],
)
def test_loopback_is_reached_straight(url: str) -> None:
    assert proxy(url, {**SQUID, "ALL_PROXY": "http://squid:1"}) is None


@pytest.mark.parametrize(
    ("url", "environment", "found"),
    [
        ("http://node:8080", SQUID, "http://squid:3128"),
        ("https://node", SQUID, "http://squid:3129"),
        ("https://node", {"HTTPS_PROXY": "squid:3129"}, "http://squid:3129"),
        ("https://node", {"ALL_PROXY": "https://squid:1"}, "https://squid:1"),
        ("https://node", {"http_proxy": "http://squid:3128"}, None),
        ("https://node", {"https_proxy": ""}, None),
    ],
)
def test_the_scheme_decides(url: str, environment: dict[str, str], found: str | None) -> None:
    assert proxy(url, environment) == (None if found is None else Proxy(found, None))


@pytest.mark.parametrize(
    "exceptions", ["node.example", ".example", "example", "*", "a, *.example", "node.example:8080"]
)
def test_what_no_proxy_names_is_reached_straight(exceptions: str) -> None:
    assert proxy("http://node.example:8080", {**SQUID, "no_proxy": exceptions}) is None


@pytest.mark.parametrize("exceptions", ["ode.example", "node.example:80", "other", "", ","])
def test_what_no_proxy_does_not_name_goes_through(exceptions: str) -> None:
    assert proxy("http://node.example:8080", {**SQUID, "NO_PROXY": exceptions}) is not None


def test_who_we_are_at_the_proxy_is_kept_apart_from_its_url() -> None:
    environment = {"https_proxy": "http://me:p%40ss@squid:3128"}
    assert proxy("https://node", environment) == Proxy("http://squid:3128", ("me", "p@ss"))


@pytest.mark.parametrize("value", ["socks5://squid:1", "http://"])
def test_a_proxy_that_is_none_is_bad_configuration(value: str) -> None:
    with pytest.raises(ConfigError, match="no HTTP proxy"):
        proxy("https://node", {"https_proxy": value})
