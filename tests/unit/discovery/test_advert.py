"""What goes out on the LAN, and what is made of what comes in: anybody may say anything there."""

from hypothesis import given
from hypothesis import strategies as st

from chorus_discovery.advert import MOST_ADDRESSES, Advert, advertised, heard
from chorus_hooks.address import Address

PEER = "12D3KooWBmwkafWE2fqfzS96VoTZgpGp6aJsF4N7eAR5AHXCTdK8"
ADVERT = Advert(PEER, "0123456789abcdef", "0.1.0", (Address("ip4", "192.0.2.7", 9000, PEER),))


def as_bytes(text: dict[str, str]) -> dict[bytes, bytes | None]:
    return {key.encode(): value.encode() for key, value in text.items()}


def shown(*addresses: str) -> list[str]:
    return [str(address) for address in advertised(addresses)]


def test_what_a_node_shows_is_heard_as_that_node() -> None:
    assert heard(as_bytes(ADVERT.text), ["192.0.2.7"], 9000) == ADVERT


def test_its_text_fits_the_rfc_and_its_name_is_of_dns() -> None:
    assert next(iter(ADVERT.text)) == "txtvers"
    assert all(len(f"{key}={value}") <= 255 for key, value in ADVERT.text.items())
    assert ADVERT.host == ADVERT.host.lower()
    assert len(ADVERT.host) < 64
    assert ADVERT.host != Advert(PEER.swapcase(), "", "", ()).host


def test_only_ips_of_one_port_are_shown_and_loopback_only_without_others() -> None:
    here, lan, other = "/ip4/127.0.0.1/tcp/9000", "/ip4/192.0.2.7/tcp/9000", "/ip4/198.51.100.1/tcp/443"
    assert shown(here, lan, other, "/dns/node.example/tcp/9000", "nonsense") == [lan]
    assert shown(here, "/ip6/::1/tcp/9000") == [here, "/ip6/::1/tcp/9000"]
    assert shown("/dns/node.example/tcp/9000") == []


def test_what_means_something_else_to_everybody_is_never_shown_and_never_taken() -> None:
    bad = ["0.0.0.0", "::", "fe80::1", "224.0.0.251", "ff02::fb"]
    assert shown(*(f"/ip{6 if ':' in ip else 4}/{ip}/tcp/9000" for ip in bad)) == []
    assert heard(as_bytes(ADVERT.text), [*bad, "nonsense", ""], 9000) is None


def test_junk_is_nobody() -> None:
    text = as_bytes(ADVERT.text)
    for spoilt in (
        {},
        text | {b"txtvers": b"2"},
        text | {b"id": b"not a peer"},
        text | {b"id": None},
        text | {b"tag": b"\xff"},
        {key: value for key, value in text.items() if key != b"v"},
    ):
        assert heard(spoilt, ["192.0.2.7"], 9000) is None
    assert [heard(text, ["192.0.2.7"], port) for port in (None, 0, 65536)] == [None] * 3


def test_a_newer_version_may_say_more_and_write_its_keys_in_upper_case() -> None:
    text = {key.upper(): value for key, value in as_bytes(ADVERT.text).items()} | {b"more": b"x"}
    assert heard(text, ["192.0.2.7"], 9000) == ADVERT


def test_thousands_of_addresses_are_a_few() -> None:
    many = heard(as_bytes(ADVERT.text), [f"10.0.{n // 250}.{n % 250}" for n in range(5000)], 9000)
    assert many is not None
    assert len(many.addresses) == MOST_ADDRESSES


@given(
    st.dictionaries(
        st.sampled_from([b"txtvers", b"id", b"tag", b"v"]) | st.binary(max_size=9),
        st.none() | st.sampled_from([b"1", PEER.encode()]) | st.binary(max_size=60),
    ),
    st.lists(st.ip_addresses().map(str) | st.text(max_size=20), max_size=12),
    st.none() | st.integers(-1, 70000),
)
def test_whatever_is_heard_is_bounded_or_nobody(
    text: dict[bytes, bytes | None], hosts: list[str], port: int | None
) -> None:
    advert = heard(text, hosts, port)
    assert advert is None or 0 < len(advert.addresses) <= MOST_ADDRESSES
