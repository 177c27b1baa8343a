"""Names by which the node may be called: none that a stranger's page could have chosen (DNS rebinding)."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_http.server.hosts import host_of, is_ours

PORTS = st.sampled_from([b"", b":1", b":8080", b":65535"])
LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
DOMAINS = st.lists(LABELS, min_size=2, max_size=4).map(".".join)


def called(header: bytes, *allowed: str) -> bool:
    host = host_of(header)
    return host is not None and is_ours(host, frozenset(allowed))


@given(st.ip_addresses(), PORTS)
def test_any_address_is_ours_whatever_the_port(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: bytes
) -> None:
    host = f"[{address}]" if address.version == 6 else str(address)
    assert called(host.encode() + port)


@given(DOMAINS.filter(lambda name: not name[-1].isdigit()), PORTS)
def test_a_name_is_ours_only_when_it_was_allowed_in_whatever_case(name: str, port: bytes) -> None:
    assert not called(name.encode() + port)
    assert called(name.upper().encode() + port, name)
    assert called(f"{name}.".encode() + port, name)
    assert not called(f"x.{name}".encode() + port, name)


@pytest.mark.parametrize("header", [b"localhost", b"LOCALHOST:8080", b"node.localhost:8080"])
def test_localhost_is_ours(header: bytes) -> None:
    assert called(header)


@pytest.mark.parametrize(
    "header",
    [
        *(b"127.0.0.1.evil.example", b"localhost.evil.example", b"evil-localhost", b"notlocalhost"),
        *(b"", b" ", b"127.0.0.1 ", b"127.0.0.1:", b"127.0.0.1:x", b"127.0.0.1:123456", b"127.0.0.1\n"),
        *(b"user@127.0.0.1", b"127.0.0.1/", b"[::1", b"::1", b"[::1]x", b"[]", b"a, 127.0.0.1", b"\xff"),
    ],
)
def test_what_only_looks_like_us_is_not(header: bytes) -> None:
    assert not called(header)
