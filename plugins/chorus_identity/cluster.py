"""The provider of `Cluster`: what follows from the secret."""

from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chorus_identity.join_token import JoinToken, encode_token

TAG_PURPOSE: Final = "chorus cluster tag"
_TAG_SIZE: Final = 8


class SecretCluster:
    """One cluster. Its secret is never shown, not even by `repr`."""

    def __init__(self, token: JoinToken) -> None:
        self._token = token
        self._tag = self._derive(TAG_PURPOSE, _TAG_SIZE).hex()

    def __repr__(self) -> str:
        return f"SecretCluster({self._tag})"

    @property
    def tag(self) -> str:
        """The public name: a hash of the secret that nothing else is made from."""
        return self._tag

    @property
    def introducers(self) -> tuple[str, ...]:
        """The addresses that the join token named."""
        return self._token.addresses

    def key(self, purpose: str, length: int = 32) -> bytes:
        """A key for one purpose. Raises ValueError for the purpose of the tag, which is public."""
        if purpose == TAG_PURPOSE:
            raise ValueError(f"{purpose!r} is no purpose of a key: the tag is public")
        return self._derive(purpose, length)

    def join_token(self, addresses: tuple[str, ...]) -> str:
        """The word for another node; of many addresses it has the first."""
        return encode_token(JoinToken(self._token.secret, addresses))

    def _derive(self, purpose: str, length: int) -> bytes:
        return HKDF(SHA256(), length, salt=None, info=purpose.encode()).derive(self._token.secret.encode())
