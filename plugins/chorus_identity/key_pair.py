"""The provider of `Identity`: one Ed25519 key pair in memory."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chorus_identity.peer_id import decode_peer_id, encode_peer_id


class KeyPair:
    """Signs as one peer, verifies for any. Its secret is never shown, not even by `repr`."""

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self._public_key = private_key.public_key().public_bytes_raw()
        self._peer_id = encode_peer_id(self._public_key)

    def __repr__(self) -> str:
        return f"KeyPair({self._peer_id})"

    @property
    def peer_id(self) -> str:
        """The libp2p peer id of the key."""
        return self._peer_id

    @property
    def public_key(self) -> bytes:
        """The 32 raw bytes of the public key."""
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of `message`."""
        return self._private_key.sign(message)

    def verify(self, peer_id: str, message: bytes, signature: bytes) -> bool:
        """Whether the key that `peer_id` names signed `message`. Never raises."""
        try:
            Ed25519PublicKey.from_public_bytes(decode_peer_id(peer_id)).verify(signature, message)
        except (ValueError, InvalidSignature):
            return False
        return True
