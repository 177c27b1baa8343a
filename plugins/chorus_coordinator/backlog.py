"""What waits, and who holds what: a worker's questions. Each reads an index, however long the queue."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from chorus_coordinator.rules import Record
from chorus_coordinator.view import COMMITTED, record_of
from chorus_hooks.journal import Reader

READY: Final = "state = 'waiting' AND waiting_for = 'capacity' AND paused = 0 AND held IS NULL"
"""What a slot is all that is missing to; word for word as the indexes have it."""

_ATTENDED: Final = (
    f"SELECT id, attempt, priority, n FROM coordinator_task WHERE {READY} AND waiter = ?"  # noqa: S608
    " ORDER BY priority DESC, n LIMIT ?"
)
_QUEUE: Final = _ATTENDED.replace("waiter = ?", "waiter IS NULL")
_SPECIAL: Final = _QUEUE.replace("waiter IS NULL", "waiter IS NULL AND special = 1")


@dataclass(frozen=True)
class Taker:
    """Who takes tasks: the process `boot`; of those that nobody waits for, all, the special ones, or none."""

    boot: str
    unattended: bool
    plain: bool = True


def waiting(reader: Reader, taker: Taker, limit: int) -> list[tuple[str, int]]:
    """The tasks to begin next, and the attempts they have had: by priority, then by age."""
    if limit <= 0:
        return []
    rows = reader.query(_ATTENDED, (taker.boot, limit))
    if taker.unattended:
        rows += reader.query(_QUEUE if taker.plain else _SPECIAL, (limit,))
    rows.sort(key=lambda row: (-row[2], row[3]))
    return [(task, attempt) for task, attempt, *_ in rows[:limit]]


def held(reader: Reader, boot: str) -> dict[str, int]:
    """The tasks whose attempt a process has, and which attempt that is."""
    return dict(
        reader.query(
            "SELECT id, attempt FROM coordinator_task WHERE state = 'assigned' AND boot = ?", (boot,)
        )
    )


def queued(reader: Reader) -> int:
    """How many tasks wait."""
    rows = reader.query("SELECT tasks FROM coordinator_count WHERE state = 'waiting'")
    return int(rows[0][0]) if rows else 0


def attended(reader: Reader, boot: str) -> list[str]:
    """The tasks that wait for a process which waits for them."""
    rows = reader.query("SELECT id FROM coordinator_task WHERE state = 'waiting' AND waiter = ?", (boot,))
    return [task for (task,) in rows]


def holders(reader: Reader) -> set[str]:
    """The processes on which an open task hangs."""
    rows = reader.query(
        "SELECT DISTINCT boot FROM coordinator_task WHERE state = 'assigned'"
        " UNION SELECT DISTINCT waiter FROM coordinator_task WHERE state = 'waiting' AND waiter IS NOT NULL"
    )
    return {boot for (boot,) in rows}


def hanging_on(reader: Reader, boots: Iterable[str]) -> list[Record]:
    """The open tasks that hang on one of these processes."""
    rows = [
        row
        for boot in boots
        for row in (
            *reader.query(f"{COMMITTED} WHERE t.state = 'assigned' AND t.boot = ?", (boot,)),
            *reader.query(f"{COMMITTED} WHERE t.state = 'waiting' AND t.waiter = ?", (boot,)),
        )
    ]
    return [record_of(row) for row in rows]
