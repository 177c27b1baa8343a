"""A state dir whose node has written its journal already, without having run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trio

from chorus_identity.service import serve
from chorus_journal.journal import SqliteJournal, open_journal

TOGETHER = 1000
DATA = {"task": "t-1", "commands": ["python3 -m pytest -q"], "output": "x" * 240}
"""About as long as an entry of a task is."""


@dataclass(frozen=True)
class Place:
    """A node as far as its identity and its journal need one."""

    state_dir: Path
    boot: str = "0" * 32

    @property
    def scratch(self) -> Path:
        return self.state_dir

    def alive(self, boot: str) -> bool:
        return boot == self.boot


def write_journal(state_dir: Path, entries: int) -> str:
    """Write a journal of so many entries there; returns the peer id of its node."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return trio.run(_write, Place(state_dir), entries)


async def _write(place: Place, entries: int) -> str:
    async with serve(place) as identity, open_journal(place, identity) as journal:
        await fill(journal, entries)
        return identity.peer_id


async def fill(journal: SqliteJournal, entries: int) -> None:
    """Append until there are so many."""

    def append(transaction: Any, count: int) -> None:
        for _ in range(count):
            transaction.append("task.submitted", DATA)

    while (size := (await journal.checkpoint()).size) < entries:
        count = min(TOGETHER, entries - size)
        await journal.write(lambda transaction, count=count: append(transaction, count))
