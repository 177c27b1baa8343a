"""Peer ids. The vectors were computed with py-libp2p 0.8.1; the first key is that of the peer-id spec."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_identity.peer_id import decode_peer_id, encode_peer_id

VECTORS = [
    (
        "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e",
        "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq",
    ),
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",  # RFC 8032, 7.1, test 1
        "12D3KooWQK1wnefoLrcVHbbnf5tLzbopUd3K3bFAoJpA7YJgL5pV",
    ),
    (
        "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29",
        "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN",
    ),
]


@pytest.mark.parametrize(("public_key", "peer_id"), VECTORS)
def test_equals_what_libp2p_computes(public_key: str, peer_id: str) -> None:
    assert encode_peer_id(bytes.fromhex(public_key)) == peer_id
    assert decode_peer_id(peer_id) == bytes.fromhex(public_key)


@given(st.binary(min_size=32, max_size=32))
def test_every_key_comes_back(public_key: bytes) -> None:
    assert decode_peer_id(encode_peer_id(public_key)) == public_key


@given(st.text(max_size=80))
def test_other_text_is_refused_as_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        decode_peer_id(text)


@pytest.mark.parametrize(
    "peer_id",
    [
        "",
        "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",  # a SHA-256 multihash, as RSA keys have
        "1" + VECTORS[0][1],
        VECTORS[0][1] + " ",
        VECTORS[0][1][:-1],
    ],
)
def test_ids_of_other_kinds_are_refused(peer_id: str) -> None:
    with pytest.raises(ValueError):
        decode_peer_id(peer_id)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_length_is_no_key(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        encode_peer_id(bytes(size))
