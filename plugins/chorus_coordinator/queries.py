"""The questions about tasks as values: whoever has a connection to the journal may ask them. Pure."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final, get_args

from chorus_coordinator.rules import Record
from chorus_coordinator.view import COUNTS, TOLD, record_of
from chorus_hooks.coordinator import TaskPage
from chorus_hooks.errors import NotFound, UsageError
from chorus_hooks.journal import Row
from chorus_hooks.query import Query
from chorus_hooks.service import Capabilities
from chorus_hooks.task import State, Task

MAX_PAGE: Final = 1000

_PREFIX = re.compile(r"[0-9a-f]{1,32}", re.ASCII)
_CURSOR = re.compile(r"[0-9]{1,15}", re.ASCII)
_LIST: Final = "chorus task list shows the tasks of this state dir"
_STATES: Final = get_args(State)
_WAITS: Final = "(t.asks IS NOT NULL OR a.waiting_for IS NOT NULL)"
_SOFT: Final = f"t.state = 'assigned' AND NOT {_WAITS} AND coalesce(a.state, 'assigned') = "
_STANDING: Final[Mapping[str, str]] = {
    "": "true",
    **{state: f"t.state = '{state}'" for state in _STATES},
    **{state: f"{_SOFT}'{state}'" for state in ("assigned", "running", "verifying")},
    "stopped": f"t.state = 'assigned' AND {_WAITS}",
}
"""What tells the rows of a state, and of the tasks that wait while their attempt goes on."""


class Queries:
    """Implements `chorus_hooks.coordinator.TaskQueries`."""

    def get(self, task_id: str) -> Query[Task]:
        """The task as it stands."""
        asked = record(task_id)
        return Query(asked.sql, asked.parameters, lambda rows: asked.fold(rows).task)

    def list(
        self, *, state: str | None = None, project: str | None = None, limit: int = 50, cursor: str = ""
    ) -> Query[TaskPage]:
        """Tasks, newest first."""
        _check(state, limit, cursor)
        others, parameters = _filter(project, cursor)
        arms = [" AND ".join((_STANDING[one], *others)) for one in _arms(state)]
        sql = " UNION ALL ".join(f"{TOLD} WHERE {arm}" for arm in arms) + " ORDER BY n DESC LIMIT ?"
        return Query(sql, (*parameters * len(arms), limit + 1), lambda rows: _page(rows, limit))


@asynccontextmanager
async def serve(capabilities: Capabilities) -> AsyncIterator[Queries]:
    """The service: it has nothing to start, and nothing to stop."""
    yield Queries()


def record(prefix: str) -> Query[Record]:
    """The one task whose id starts with `prefix`. Raises NotFound, or UsageError for a prefix of several."""
    if not _PREFIX.fullmatch(prefix):
        raise NotFound(f"{prefix!r} is no task id", hint=_LIST)

    def fold(rows: list[Row]) -> Record:
        if not rows:
            raise NotFound(f"there is no task {prefix}", hint=_LIST)
        if len(rows) > 1:
            raise UsageError(f"several tasks begin with {prefix}", hint="give more digits of the id")
        return record_of(rows[0])

    return Query(f"{TOLD} WHERE t.id >= ? AND t.id < ? ORDER BY t.id LIMIT 2", (prefix, prefix + "g"), fold)


def counts() -> Query[Mapping[State, int]]:
    """How many tasks there are in each state."""

    def fold(rows: list[Row]) -> Mapping[State, int]:
        counts = dict.fromkeys(_STATES, 0)
        for state, count in rows:
            counts[state] += count
        return counts

    return Query(COUNTS, (), fold)


def _check(state: str | None, limit: int, cursor: str) -> None:
    if state is not None and state not in _STATES:
        raise UsageError(f"{state!r} is no state", hint=f"one of {', '.join(_STATES)}")
    if not 1 <= limit <= MAX_PAGE:
        raise UsageError(f"a page of {limit} tasks", hint=f"ask for 1 to {MAX_PAGE}")
    if cursor and not _CURSOR.fullmatch(cursor):
        raise UsageError(f"{cursor!r} is no cursor", hint="give the one that the page before ended with")


def _arms(state: str | None) -> tuple[str, ...]:
    """The kinds of rows that make up a state. Each is read by an index, and SQLite merges them."""
    if state == "waiting":
        return "waiting", "stopped"
    return ("",) if state is None else (state,)


def _filter(project: str | None, cursor: str) -> tuple[list[str], tuple[object, ...]]:
    conditions: list[str] = []
    parameters: list[object] = []
    if project is not None:
        conditions.append("t.project = ?")
        parameters.append(project)
    if cursor:
        conditions.append("t.n < ?")
        parameters.append(int(cursor))
    return conditions, tuple(parameters)


def _page(rows: list[Row], limit: int) -> TaskPage:
    shown = rows[:limit]
    tasks = tuple(record_of(row).task for row in shown)
    return TaskPage(tasks, str(shown[-1][-1]) if len(rows) > limit else None)
