"""The private key as libp2p writes it (specs/peer-ids, protobuf `PrivateKey`). Pure.

    08 01 (type Ed25519)  12 40 (64 bytes)  seed (32)  public key (32)

The public half makes damage visible: one wrong bit, and it is not the key of the seed any more.
"""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_HEADER: Final = bytes.fromhex("08011240")
SIZE: Final = len(_HEADER) + 64


def encode_key(key: Ed25519PrivateKey) -> bytes:
    """The 68 bytes of a private key."""
    return _HEADER + key.private_bytes_raw() + key.public_key().public_bytes_raw()


def decode_key(message: bytes) -> Ed25519PrivateKey:
    """Read a private key back. Raises ValueError when any byte of it is wrong."""
    if len(message) != SIZE:
        raise ValueError(f"it has {len(message)} bytes, not {SIZE}")
    seed = message[len(_HEADER) : len(_HEADER) + 32]
    key = Ed25519PrivateKey.from_private_bytes(seed)
    if encode_key(key) != message:
        raise ValueError("its two halves do not belong together")
    return key
