"""The libp2p private key message. The vector is that of the libp2p peer-id spec."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chorus_identity.key_message import decode_key, encode_key

SPEC = bytes.fromhex(
    "080112407e0830617c4a7de83925dfb2694556b12936c477a0e1feb2e148ec9da60fee7d"
    "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e"
)


def test_reads_and_writes_the_vector_of_the_spec() -> None:
    assert encode_key(decode_key(SPEC)) == SPEC


def test_a_new_key_comes_back() -> None:
    key = Ed25519PrivateKey.generate()
    assert decode_key(encode_key(key)).private_bytes_raw() == key.private_bytes_raw()


@pytest.mark.parametrize("at", range(len(SPEC)))
def test_every_flipped_byte_is_found(at: int) -> None:
    damaged = bytearray(SPEC)
    damaged[at] ^= 1
    with pytest.raises(ValueError):
        decode_key(bytes(damaged))


@pytest.mark.parametrize("message", [b"", SPEC[:-1], SPEC + b"\0"])
def test_another_length_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match="bytes"):
        decode_key(message)
