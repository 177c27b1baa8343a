"""What models used, summed for each task, project and day; and what that means for the budgets.

The sums are beside the journal, one row each. A day is a date in UTC, and begins with nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from chorus_coordinator import clock
from chorus_coordinator.budget import UNLIMITED, Amount, Budget, Limits, Scope, told
from chorus_hooks.journal import Reader, Transaction

_SCOPES: Final[tuple[Scope, ...]] = ("day", "project", "task")


@dataclass(frozen=True)
class Closed:
    """A budget that is used up, and for whom: `why` is for people."""

    scope: Scope
    key: str
    why: str


@dataclass(frozen=True)
class Ledger:
    """The sums, and the budgets in force. `today` gives the date."""

    limits: Limits
    today: Callable[[], str] = clock.today

    @property
    def priced(self) -> bool:
        """Whether a budget limits the cost."""
        return any(self.limits(scope).cost is not None for scope in _SCOPES)

    def charge(self, tx: Transaction, task: str, used: Amount) -> None:
        """Add to every sum that a task falls under; what is not there any more falls under the day."""
        for scope, key in self._keys(tx, task):
            tx.execute(
                "INSERT INTO coordinator_spent (scope, key, tokens, cost) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (scope, key) DO UPDATE"
                " SET tokens = tokens + excluded.tokens, cost = cost + excluded.cost",
                (scope, key, used.tokens, used.cost),
            )

    def closed(self, reader: Reader, task: str) -> Closed | None:
        """The widest budget of a task that is used up."""
        limits: dict[Scope, Budget] = {scope: self.limits(scope) for scope in _SCOPES}
        if all(limit == UNLIMITED for limit in limits.values()):
            return None
        found = (self._closed(reader, scope, key, limits[scope]) for scope, key in self._keys(reader, task))
        return next((closed for closed in found if closed is not None), None)

    def closed_project(self, reader: Reader, project: str) -> Closed | None:
        """The budget that is used up for every task of a project."""
        keys: tuple[tuple[Scope, str], ...] = (("day", self.today()), ("project", project))
        found = (self._closed(reader, scope, key, self.limits(scope)) for scope, key in keys)
        return next((closed for closed in found if closed is not None), None)

    def spent(self, reader: Reader, scope: Scope, key: str) -> Amount:
        """A sum."""
        rows = reader.query(
            "SELECT tokens, cost FROM coordinator_spent WHERE scope = ? AND key = ?", (scope, key)
        )
        return Amount(*rows[0]) if rows else Amount()

    def spent_today(self, reader: Reader) -> Amount:
        """By all goals of the node."""
        return self.spent(reader, "day", self.today())

    def _closed(self, reader: Reader, scope: Scope, key: str, limit: Budget) -> Closed | None:
        if limit == UNLIMITED:
            return None
        used = limit.used_up(self.spent(reader, scope, key))
        return Closed(scope, key, told(scope, key, used)) if used else None

    def _keys(self, reader: Reader, task: str) -> Iterator[tuple[Scope, str]]:
        yield "day", self.today()
        for (project,) in reader.query("SELECT project FROM coordinator_task WHERE id = ?", (task,)):
            yield "project", project
            yield "task", task
