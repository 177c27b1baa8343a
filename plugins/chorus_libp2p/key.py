"""The node's key as libp2p sees it: something that signs. The key itself stays with `Identity`."""

from libp2p.crypto.ed25519 import Ed25519PublicKey
from libp2p.crypto.keys import KeyPair, KeyType, PrivateKey, PublicKey

from chorus_hooks.identity import Identity


class IdentityKey(PrivateKey):
    """Signs by asking. Whoever wants its bytes gets an error."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def to_bytes(self) -> bytes:
        """Never: libp2p writes keys down, and this one is not its own."""
        raise NotImplementedError("the key stays with its plugin")

    def get_type(self) -> KeyType:
        """Ed25519."""
        return KeyType.Ed25519

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of a signature."""
        return self._identity.sign(data)

    def get_public_key(self) -> PublicKey:
        """The half that everybody knows."""
        return Ed25519PublicKey.from_bytes(self._identity.public_key)


def key_pair(identity: Identity) -> KeyPair:
    """Both halves, as far as there are two."""
    key = IdentityKey(identity)
    return KeyPair(key, key.get_public_key())
