"""What waits, and who holds what: a worker's questions. Each reads an index, however long the queue."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from chorus_coordinator.rules import Record
from chorus_coordinator.view import COMMITTED, record_of
from chorus_hooks.journal import Reader, Row

READY: Final = "state = 'waiting' AND waiting_for = 'capacity' AND paused = 0 AND held IS NULL"
"""What a slot is all that is missing to; word for word as the indexes have it."""

_ATTENDED: Final = (
    f"SELECT id, attempt, priority, n FROM coordinator_task WHERE {READY}"  # noqa: S608
    " AND waiter = ? AND part_of IS NULL ORDER BY priority DESC, n LIMIT ?"
)
_PARTS: Final = _ATTENDED.replace("part_of IS NULL", "part_of IS NOT NULL")
_QUEUE: Final = _ATTENDED.replace("waiter = ? AND part_of IS NULL", "waiter IS NULL")
_HELD: Final = (
    "SELECT count(*) FILTER (WHERE a.waiting_for IS NOT 'dependency'),"
    " count(*) FILTER (WHERE t.part_of IS NULL) FROM coordinator_task t"
    " LEFT JOIN coordinator_attempt a ON a.task = t.id AND a.attempt = t.attempt"
    " WHERE t.state = 'assigned' AND t.boot = ?"
)
_SPECIAL: Final = _QUEUE.replace("waiter IS NULL", "waiter IS NULL AND special = 1")


@dataclass(frozen=True)
class Taker:
    """Who takes tasks: the process `boot`; of those that nobody waits for, all, the special ones, or none."""

    boot: str
    unattended: bool
    plain: bool = True


@dataclass(frozen=True)
class Room:
    """How many more attempts a process may have: `free` of any kind, and of those `whole` for whole tasks.

    An attempt that waits for its parts needs no slot, but that one is for parts alone: else any number of
    tasks could be begun, and each wait with an open sandbox.
    """

    free: int
    whole: int


def room(reader: Reader, boot: str, slots: int) -> Room:
    """What `slots` leave for the process `boot`."""
    ((active, whole),) = reader.query(_HELD, (boot,))
    return Room(slots - active, slots - whole)


def waiting(reader: Reader, taker: Taker, room: Room) -> list[tuple[str, int]]:
    """The tasks to begin next, and the attempts they have had: parts first, by priority, then by age."""
    if room.free <= 0:
        return []
    parts = reader.query(_PARTS, (taker.boot, room.free))
    limit = min(room.free - len(parts), room.whole)
    return [(task, attempt) for task, attempt, *_ in (*parts, *_whole(reader, taker, limit))]


def _whole(reader: Reader, taker: Taker, limit: int) -> list[Row]:
    if limit <= 0:
        return []
    rows = reader.query(_ATTENDED, (taker.boot, limit))
    if taker.unattended:
        rows += reader.query(_QUEUE if taker.plain else _SPECIAL, (limit,))
    rows.sort(key=lambda row: (-row[2], row[3]))
    return rows[:limit]


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
