"""What a journal needs around it in tests: a node on a directory, and a key."""

from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chorus_identity.key_pair import KeyPair


@dataclass(frozen=True)
class FakeNode:
    """A `Node` whose other boots are alive as told."""

    state_dir: Path
    boot: str = field(default_factory=lambda: uuid4().hex)
    others: frozenset[str] = frozenset()
    serving: bool = False
    version: str = "0"

    @property
    def scratch(self) -> Path:
        return self.state_dir

    def alive(self, boot: str) -> bool:
        return boot == self.boot or boot in self.others


def fixed_identity(number: int = 1) -> KeyPair:
    """The same key for the same number."""
    return KeyPair(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))
