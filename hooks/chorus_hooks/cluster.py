"""Which mesh this node belongs to: one secret, known to all of its peers and nobody else."""

from typing import Protocol


class Cluster(Protocol):
    """The cluster secret. It never leaves the provider, but for a join token; others derive keys from it."""

    @property
    def tag(self) -> str:
        """A public name of the cluster (16 hex digits), the same at every peer; no secret."""
        ...

    @property
    def introducers(self) -> tuple[str, ...]:
        """Addresses (multiaddrs) that the join token named; empty without one."""
        ...

    def key(self, purpose: str, length: int = 32) -> bytes:
        """A key for one purpose: HKDF-SHA-256 (RFC 5869) of the secret, `purpose` as its info."""
        ...

    def join_token(self, addresses: tuple[str, ...]) -> str:
        """Secret and addresses in one word, for another node to join with. As secret as the secret."""
        ...
