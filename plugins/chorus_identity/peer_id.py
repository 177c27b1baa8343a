"""Peer ids of Ed25519 keys, as the libp2p specs define them (specs/peer-ids). Pure.

peer id    = base58btc(multihash(public key message))          "12D3KooW…"
multihash  = 00 (identity) 24 (36 bytes) message               the message is short enough to be itself
message    = 08 01 (type Ed25519) 12 20 (32 bytes) key         protobuf `PublicKey`
"""

from functools import lru_cache
from typing import Final

import base58

PUBLIC_MESSAGE: Final = bytes.fromhex("08011220")
_MULTIHASH: Final = bytes.fromhex("0024") + PUBLIC_MESSAGE
_KEY_SIZE: Final = 32
_LONGEST: Final = 64


def encode_peer_id(public_key: bytes) -> str:
    """The peer id of 32 raw bytes of Ed25519 public key."""
    if len(public_key) != _KEY_SIZE:
        raise ValueError(f"an Ed25519 public key has 32 bytes, not {len(public_key)}")
    return base58.b58encode(_MULTIHASH + public_key).decode()


@lru_cache(maxsize=256)
def decode_peer_id(peer_id: str) -> bytes:
    """The public key that a peer id names. Raises ValueError when that is no Ed25519 peer id."""
    if len(peer_id) > _LONGEST:
        raise ValueError("too long for an Ed25519 peer id")
    raw = base58.b58decode(peer_id)
    key = raw.removeprefix(_MULTIHASH)
    if len(raw) != len(_MULTIHASH) + _KEY_SIZE or len(key) != _KEY_SIZE:
        raise ValueError(f"{peer_id!r} is not the peer id of an Ed25519 key")
    if encode_peer_id(key) != peer_id:
        raise ValueError(f"{peer_id!r} is not in its normal form")
    return key
