"""Addresses of peers: what is dialled, what is advertised, and what is refused."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.errors import UsageError
from chorus_libp2p.address import Address, bind_host, of_socket, parse, parse_advertised

PEER = "12D3KooWAFKieNoePku2ni2vUdBdNgU76UvQu12AG67XUBtW7JEi"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("/ip4/192.0.2.7/tcp/9000", Address("ip4", "192.0.2.7", 9000)),
        (f"/ip4/192.0.2.7/tcp/9000/p2p/{PEER}", Address("ip4", "192.0.2.7", 9000, PEER)),
        ("/ip6/2001:db8::1/tcp/1", Address("ip6", "2001:db8::1", 1)),
        (
            f"/dns4/node-1.example.org/tcp/65535/p2p/{PEER}",
            Address("dns4", "node-1.example.org", 65535, PEER),
        ),
    ],
)
def test_a_multiaddr_is_read_and_written_back(text: str, address: Address) -> None:
    assert parse(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "192.0.2.7:9000",
        "/ip4/192.0.2.7",
        "/ip4/192.0.2.7/udp/9000",
        "/ip4/192.0.2.7/tcp/9000/ws",
        "/ip4/192.0.2.7/tcp/0",
        "/ip4/192.0.2.7/tcp/65536",
        "/ip4/192.0.2.7/tcp/٣",
        "/ip4/192.0.2.700/tcp/9000",
        "/ip6/192.0.2.7/tcp/9000",
        "/dns/a b/tcp/9000",
        "/dns//tcp/9000",
        "/unix/x/tcp/9000",
        "/ip4/192.0.2.7/tcp/9000/p2p/0OIl",
    ],
)
def test_what_is_no_address_of_a_peer_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text)


@given(st.text(max_size=80) | st.builds("/ip4/{}/tcp/{}".format, st.text(max_size=20), st.text(max_size=8)))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert parse(str(parse(text))) == parse(text)


def test_an_ipv4_address_in_ipv6_clothes_is_an_ipv4_address() -> None:
    assert str(of_socket("::ffff:192.0.2.7", 9000, PEER)) == f"/ip4/192.0.2.7/tcp/9000/p2p/{PEER}"


def test_hosts_with_ports_and_multiaddrs_may_be_advertised() -> None:
    told = parse_advertised(
        f"node.example.org:9000, [2001:db8::1]:9001,192.0.2.7:1,/ip4/192.0.2.8/tcp/2/p2p/{PEER}"
    )
    assert told == (
        "/dns/node.example.org/tcp/9000",
        "/ip6/2001:db8::1/tcp/9001",
        "/ip4/192.0.2.7/tcp/1",
        "/ip4/192.0.2.8/tcp/2",
    )


@pytest.mark.parametrize(
    "value", ["node", ":9000", "node:", "node:x", "0.0.0.0:9000", "/ip6/::/tcp/9000", "/ip4/1"]
)
def test_what_nobody_could_dial_is_not_advertised(value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_advertised(value)


def test_a_node_listens_on_an_address_or_on_all() -> None:
    assert (bind_host(""), bind_host("[::1]"), bind_host("127.0.0.1")) == ("", "::1", "127.0.0.1")
    with pytest.raises(ValueError, match="localhost"):
        bind_host("localhost")
