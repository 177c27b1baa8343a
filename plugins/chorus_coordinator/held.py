"""Goals that are not begun, since a budget is used up: soft, and looked at again each time.

A process holds back what it would take itself; which budgets are in force is a matter of its settings.
"""

from typing import Final

from chorus_coordinator.backlog import READY, Taker
from chorus_coordinator.ledger import Closed, Ledger
from chorus_hooks.journal import Reader, Transaction

_HELD: Final = "state = 'waiting' AND held IS NOT NULL"
_GOALS: Final = "json_extract(document, '$.kind') = 'goal'"
_MINE: Final = "(waiter = ? OR (waiter IS NULL AND ?))"
_WHOSE: Final = {"day": "? IS NOT NULL", "project": "project = ?", "task": "id = ?"}


def hold_back(tx: Transaction, ledger: Ledger, taker: Taker, task: str) -> bool:
    """Whether a task may not begin now; with it, every other goal that the same budget stops is held back."""
    closed = ledger.closed(tx, task) if _is_goal(tx, task) else None
    if closed is not None:
        _hold(tx, taker, closed)
    return closed is not None


def release(tx: Transaction, ledger: Ledger, taker: Taker) -> None:
    """Give back to the queue what no budget stops any more."""
    for task in free(tx, ledger, taker):
        tx.execute("UPDATE coordinator_task SET held = NULL WHERE id = ?", (task,))


def free(reader: Reader, ledger: Ledger, taker: Taker) -> list[str]:
    """What is held back and need not be. Where a budget stops a whole project, its tasks are not read."""
    return [
        task
        for (project,) in reader.query(f"SELECT DISTINCT project FROM coordinator_task WHERE {_HELD}")  # noqa: S608
        if ledger.closed_project(reader, project) is None
        for task in _held(reader, taker, project)
        if ledger.closed(reader, task) is None
    ]


def _held(reader: Reader, taker: Taker, project: str) -> list[str]:
    rows = reader.query(
        f"SELECT id FROM coordinator_task WHERE {_HELD} AND project = ? AND {_MINE}",  # noqa: S608
        (project, taker.boot, taker.unattended),
    )
    return [task for (task,) in rows]


def _is_goal(reader: Reader, task: str) -> bool:
    return bool(reader.query(f"SELECT 1 FROM coordinator_task WHERE id = ? AND {_GOALS}", (task,)))  # noqa: S608


def _hold(tx: Transaction, taker: Taker, closed: Closed) -> None:
    whose = _WHOSE[closed.scope]
    tx.execute(
        f"UPDATE coordinator_task SET held = ? WHERE {READY} AND {_GOALS} AND {_MINE} AND {whose}",  # noqa: S608
        (closed.why, taker.boot, taker.unattended, closed.key),
    )
