"""The node's memory: an append-only signed log, and views that change in the same transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Checkpoint:
    """A signed statement of the log's size and root (C2SP tlog-checkpoint in a signed note).

    `origin` is `chorus/<peer id>/<incarnation>`, `root` the RFC 6962 Merkle tree hash (32 bytes), `note`
    the signed text that anyone can verify without CHORUS.
    """

    origin: str
    size: int
    root: bytes
    note: str


class Reader(Protocol):
    """A consistent look at the database, inside `Journal.read` or `Journal.write`."""

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of one SELECT."""
        ...


class Transaction(Reader, Protocol):
    """One change: entries and their effects, all of it or nothing."""

    def append(self, type: str, data: Mapping[str, object], *, ref: str | None = None) -> int:
        """Add a fact about oneself, as canonical JSON (RFC 8785); returns its sequence number.

        `type` is `noun.past_participle` (`result.made`), `ref` a content address it is about. Raises
        UsageError when `data` is not canonical JSON (NaN, integers beyond 2^53, keys that are not text).
        """
        ...

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Change a view; returns the number of rows changed."""
        ...

    def hold(self, sha256: str, owner: str) -> None:
        """Keep a blob for as long as `owner` (such as `task:<id>`) does not release it."""
        ...

    def release(self, owner: str) -> None:
        """Let go of every blob that `owner` holds."""
        ...


class Checkpoints(Protocol):
    """Who can say, signed, what the log of a node is."""

    async def checkpoint(self) -> Checkpoint:
        """The newest signed checkpoint; covers every write acknowledged before the call."""
        ...


class Journal(Checkpoints, Protocol):
    """The log of this state dir. Several processes may use it at once; each change is one transaction."""

    @property
    def database(self) -> Path:
        """The SQLite database, which others may open read-only (WAL: readers and the writer do not wait)."""
        ...

    async def grown(self, size: int) -> Checkpoint:
        """Wait until the log has more than `size` entries; returns its newest signed checkpoint.

        What this process appends is told at once, what others append to the same log within a second.
        """
        ...

    async def write(self, job: Callable[[Transaction], T]) -> T:
        """Run `job` in the writer thread; returns after its changes are on disk (group commit).

        An exception from `job` undoes that job alone and is raised here. When the caller is cancelled
        the job may still commit: give what must not double a key. Raises Refused when the disk is full
        or the state dir read-only; nothing of the job is then kept.
        """
        ...

    async def read(self, job: Callable[[Reader], T]) -> T:
        """Run `job` on a snapshot, in a worker thread, beside the writer."""
        ...

    async def migrate(self, owner: str, steps: Sequence[str]) -> None:
        """Bring `owner`'s tables up to date: each step is one SQL statement, run once, in order, for ever.

        Raises Refused when the database was written by a newer version than `steps` knows.
        """
        ...
