"""Checking a log from its first byte to its signed end. Pure: it is fed rows.

One wrong byte in an entry shows in that entry's own leaf hash, and so has a name. Entries that were
replaced together with their hashes show in the root, which is signed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from chorus_hooks.journal import Checkpoint
from chorus_journal.entry import VERSION, decode_place
from chorus_journal.merkle import Frontier, Subtree, leaf_hash


class Damage(Exception):  # noqa: N818 - reads as what was found
    """What is wrong; `seq` is the first entry that cannot be relied on, when one can be named."""

    def __init__(self, text: str, seq: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.seq = seq


@dataclass(frozen=True)
class Report:
    """The outcome of `chorus log verify`. `size` and `root` (base64) are as signed, `checked` as read."""

    ok: bool
    size: int
    root: str | None
    checked: int
    first_bad: int | None
    error: str | None


class Audit:
    """Folds entries into a tree, and compares it with the signed roots that it passes."""

    def __init__(self, origin: str, signed: Mapping[int, bytes]) -> None:
        self._origin = origin
        self._signed = dict(signed)
        self._matched = 0
        self.frontier = Frontier()
        self.tiles: list[Subtree] = []
        self._compare()

    def fold_rows(self, rows: Iterable[tuple[int, bytes, bytes]]) -> None:
        """Take rows of (seq, leaf hash, entry), in order. Raises Damage at the first that is wrong."""
        frontier, origin, signed = self.frontier, self._origin, self._signed
        for seq, leaf, body in rows:
            if seq != frontier.size:
                raise Damage(f"entry {frontier.size} is missing", frontier.size)
            if sha256(b"\x00" + body).digest() != leaf:
                raise Damage(f"entry {seq} is not what was written: its hash differs", seq)
            self._check_place(body, seq, origin)
            self.tiles += frontier.add(leaf)
            if frontier.size in signed:
                self._compare()

    def fold(self, body: bytes) -> None:
        """Take the next entry alone. Raises Damage when it is wrong in itself."""
        self.fold_rows([(self.frontier.size, leaf_hash(body), body)])

    def end(self) -> None:
        """There are no more entries. Raises Damage when more were signed, or not all were."""
        size, signed = self.frontier.size, max(self._signed, default=0)
        if signed > size:
            raise Damage(f"entry {size} is missing: {signed} entries were signed", size)
        if signed < size:
            raise Damage(f"entry {signed} and those after it are not signed", signed)

    def _check_place(self, body: bytes, seq: int, origin: str) -> None:
        try:
            place = decode_place(body)
        except ValueError as error:
            raise Damage(f"entry {seq} is not an entry: {error}", seq) from None
        if place.seq != seq or place.log != origin or place.v != VERSION:
            raise Damage(f"entry {seq} does not belong here: it is {place.seq} of {place.log}", seq)

    def _compare(self) -> None:
        size = self.frontier.size
        root = self._signed.get(size)
        if root is None:
            return
        if root != self.frontier.root():
            raise Damage(
                f"entries {self._matched} to {size - 1} are not those that were signed", self._matched
            )
        self._matched = size


def signed_roots(checkpoints: Iterable[Checkpoint], origin: str) -> dict[int, bytes]:
    """The roots of a log's checkpoints by size. Raises Damage for a checkpoint of another log."""
    roots = {}
    for checkpoint in checkpoints:
        if checkpoint.origin != origin:
            raise Damage(f"the checkpoint of size {checkpoint.size} is that of another log")
        roots[checkpoint.size] = checkpoint.root
    return roots
