"""Addresses of peers: what is read is what is written, and nothing else is an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.address import Address, address_of_ip, parse_address, parse_dialable
from chorus_hooks.errors import UsageError

PEER = "12D3KooWBmwkafWE2fqfzS96VoTZgpGp6aJsF4N7eAR5AHXCTdK8"


@pytest.mark.parametrize(
    "text",
    [
        "/ip4/192.0.2.7/tcp/9000",
        f"/ip4/192.0.2.7/tcp/9000/p2p/{PEER}",
        "/ip6/2001:db8::1/tcp/1",
        f"/dns/node.example/tcp/65535/p2p/{PEER}",
        "/dns4/a/tcp/9000",
        "/dns6/_x.example/tcp/9000",
    ],
)
def test_an_address_reads_back_as_it_was(text: str) -> None:
    assert str(parse_address(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "192.0.2.7:9000",
        "/ip4/192.0.2.7",
        "/ip4/192.0.2.777/tcp/9000",
        "/ip4/node.example/tcp/9000",
        "/ip6/192.0.2.7/tcp/9000",
        "/ip4/192.0.2.7/udp/9000",
        "/ip4/192.0.2.7/tcp/0",
        "/ip4/192.0.2.7/tcp/65536",
        "/ip4/192.0.2.7/tcp/٣",
        "/ip4/192.0.2.7/tcp/9000/",
        "/ip4/192.0.2.7/tcp/9000/p2p/",
        "/ip4/192.0.2.7/tcp/9000/p2p/0OIl",
        "/dns/a b/tcp/9000",
        "/dns/" + "a" * 254 + "/tcp/9000",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no address of a peer"):
        parse_address(text)


@given(st.text(max_size=120) | st.text("/ip46dnstcp2.:0123456789", max_size=120))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        address = parse_address(text)
    except UsageError:
        return
    assert parse_address(str(address)) == address


def test_a_setting_takes_multiaddrs_and_hosts_with_ports() -> None:
    value = f"/ip4/192.0.2.7/tcp/1/p2p/{PEER}, 192.0.2.8:2 ,[2001:db8::1]:3,node.example:4,"
    assert [str(address) for address in parse_dialable(value)] == [
        f"/ip4/192.0.2.7/tcp/1/p2p/{PEER}",
        "/ip4/192.0.2.8/tcp/2",
        "/ip6/2001:db8::1/tcp/3",
        "/dns/node.example/tcp/4",
    ]
    assert parse_dialable("") == ()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("node.example", "neither"),
        (":9000", "neither"),
        ("node.example:x", "no port"),
        ("a/b:9000", "no host"),
        ("/ip4/1/tcp/2", "no address"),
        ("0.0.0.0:9000", "dialled by nobody"),
        ("[::]:9000", "dialled by nobody"),
    ],
)
def test_what_nobody_could_dial_is_told(value: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_dialable(value)


def test_the_end_of_a_socket_is_an_address() -> None:
    assert str(address_of_ip("::ffff:192.0.2.7", 9000)) == "/ip4/192.0.2.7/tcp/9000"
    assert address_of_ip("fe80::1%eth0", 9000, PEER) == Address("ip6", "fe80::1", 9000, PEER)
    with pytest.raises(ValueError, match="node"):
        address_of_ip("node", 9000)
