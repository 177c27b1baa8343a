"""Tasks that need other tasks: who depends on whom, and what the end of one means for the rest.

Nobody depends on a task that is not there yet, so what is there never goes round in a circle. When a task
ends, what follows for others is a command for each of them, in the same transaction.
"""

from collections.abc import Iterator

from chorus_coordinator.control import Ready, Submit, Unmet
from chorus_coordinator.rules import DEPENDENCY
from chorus_hooks.errors import NotFound, UsageError
from chorus_hooks.journal import Reader, Transaction
from chorus_hooks.task import TERMINAL, Task


def check(reader: Reader, command: Submit) -> None:
    """Raise NotFound for a dependency that is not there, UsageError for a task that depends on itself."""
    for task in command.document.depends_on:
        if task == command.task:
            raise UsageError("the task depends on itself", hint="leave its own id out of depends_on")
        if not reader.query("SELECT 1 FROM coordinator_task WHERE id = ?", (task,)):
            raise NotFound(
                f"it depends on {task[:12]}, and there is no such task",
                hint="submit that one first; chorus task list shows those there are",
            )


def note(tx: Transaction, task: Task) -> None:
    """Keep what a task depends on for as long as it waits for that."""
    tx.execute("DELETE FROM coordinator_dependency WHERE task = ?", (task.id,))
    if task.waiting_for == DEPENDENCY:
        for dependency in task.document.depends_on:
            tx.execute("INSERT INTO coordinator_dependency VALUES (?, ?)", (task.id, dependency))


def concerns(task: Task) -> bool:
    """Whether a change that gave this task may mean something for what waits."""
    return task.state in TERMINAL or task.waiting_for == DEPENDENCY


def consequences(reader: Reader, task: Task, at: str) -> Iterator[Ready | Unmet]:
    """What follows from a task that came, for itself, or that ended, for its dependents, the oldest first."""
    waiting = [task.id] if task.state not in TERMINAL else _dependents(reader, task.id)
    for dependent in waiting:
        command = _verdict(reader, dependent, at)
        if command is not None:
            yield command


def _dependents(reader: Reader, task: str) -> list[str]:
    rows = reader.query(
        "SELECT d.task FROM coordinator_dependency d JOIN coordinator_task t ON t.id = d.task"
        " WHERE d.dependency = ? ORDER BY t.n",
        (task,),
    )
    return [dependent for (dependent,) in rows]


def _verdict(reader: Reader, task: str, at: str) -> Ready | Unmet | None:
    """What the states of all that a task depends on mean; None while that is open."""
    rows = reader.query(
        "SELECT d.dependency, t.state FROM coordinator_dependency d"
        " LEFT JOIN coordinator_task t ON t.id = d.dependency WHERE d.task = ? AND t.state IS NOT 'succeeded'"
        " ORDER BY t.state IN ('failed', 'cancelled') DESC, t.n LIMIT 1",
        (task,),
    )
    if not rows:
        return Ready(task=task, at=at)
    ((dependency, state),) = rows
    return Unmet(task=task, at=at, dependency=dependency, state=state) if state in TERMINAL else None
