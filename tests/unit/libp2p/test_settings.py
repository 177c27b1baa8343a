"""Where a node listens, and what it says of that."""

import pytest

from chorus_libp2p.settings import bind_host, parse_advertised

PEER = "12D3KooWAFKieNoePku2ni2vUdBdNgU76UvQu12AG67XUBtW7JEi"


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
