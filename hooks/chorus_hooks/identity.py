"""Who this node is: one Ed25519 key and the peer id that follows from it."""

from typing import Protocol


class Identity(Protocol):
    """The node's own key. It never leaves the provider; others only sign with it."""

    @property
    def peer_id(self) -> str:
        """The libp2p peer id of the key (base58btc, `12D3KooW…`)."""
        ...

    @property
    def public_key(self) -> bytes:
        """The 32 raw bytes of the Ed25519 public key (RFC 8032)."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature of `message`."""
        ...

    def verify(self, peer_id: str, message: bytes, signature: bytes) -> bool:
        """Whether `signature` over `message` was made by the key that `peer_id` names. Never raises."""
        ...
