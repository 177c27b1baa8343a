"""What any peer can look up by key: a cache that forgets, with strict rules. The truth is in journals."""

from collections.abc import Callable
from typing import Final, Protocol

VALUE_LIMIT: Final = 64 * 1024
"""Bytes of one value at most."""


class Records(Protocol):
    """The distributed hash table. Switched off, it finds nothing and puts nowhere."""

    def register(
        self,
        namespace: str,
        *,
        check: Callable[[str, bytes], bool],
        newer: Callable[[bytes, bytes], bool],
    ) -> None:
        """Take values under `/<namespace>/…` that pass `check(key, value)`, from whoever puts them.

        `newer(value, than)` decides between two that pass. Neither may block; one that raises says no. Other
        namespaces are refused. Raises ValueError when it is registered already.
        """
        ...

    async def put(self, key: str, value: bytes) -> None:
        """Give a value to the peers nearest to its key. Raises UsageError when it may not be put."""
        ...

    async def get(self, key: str) -> bytes:
        """The newest value that peers have, or else the one here. Raises NotFound."""
        ...

    async def provide(self, key: str) -> None:
        """Say that this node holds what `key` names; forgotten after a day."""
        ...

    async def providers(self, key: str) -> tuple[str, ...]:
        """Peers that said so, this node left out."""
        ...
