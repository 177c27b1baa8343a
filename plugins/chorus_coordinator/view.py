"""The task view in SQLite: rows in, `Record`s out. Nothing is kept between two calls."""

import re

import msgspec

from chorus_coordinator.rules import Record
from chorus_hooks.errors import NotFound, UsageError
from chorus_hooks.journal import Reader, Row, Transaction
from chorus_hooks.task import Artifact, Result, Task, TaskDocument

_COLUMNS = (
    "id, project, state, waiting_for, attempt, worker, boot, waiter, digest, submitted_at, ended_at,"
    " document, result"
)
_PREFIX = re.compile(r"[0-9a-f]{1,32}", re.ASCII)
_LIST = "chorus task list shows the tasks of this state dir"
_OPEN = "state NOT IN ('succeeded', 'failed', 'cancelled')"
_SOFT = """SELECT t.id, t.n, t.project, t.waiting_for, t.attempt, t.worker, t.boot, t.waiter, t.digest,
    t.submitted_at, t.ended_at, t.document, t.result,
    CASE WHEN t.state = 'assigned' THEN coalesce(a.state, 'assigned') ELSE t.state END AS state
    FROM coordinator_task t LEFT JOIN coordinator_attempt a ON a.task = t.id AND a.attempt = t.attempt"""


def find(reader: Reader, task: str) -> Record | None:
    """The committed record of a task, by its full id."""
    rows = reader.query(f"SELECT {_COLUMNS} FROM coordinator_task WHERE id = ?", (task,))  # noqa: S608
    return _record(rows[0]) if rows else None


def save(tx: Transaction, record: Record, n: int) -> None:
    """Write a record. `n` orders tasks by when they came; it counts only for a new one."""
    task = record.task
    tx.execute(
        f"INSERT INTO coordinator_task (n, {_COLUMNS}) VALUES ({', '.join('?' * 14)})"  # noqa: S608
        " ON CONFLICT (id) DO UPDATE SET state = excluded.state, waiting_for = excluded.waiting_for,"
        " attempt = excluded.attempt, worker = excluded.worker, boot = excluded.boot,"
        " ended_at = excluded.ended_at, result = excluded.result",
        (
            n,
            task.id,
            task.document.project,
            task.state,
            task.waiting_for,
            task.attempt,
            task.worker,
            record.boot,
            record.waiter,
            record.digest,
            task.submitted_at,
            task.ended_at,
            msgspec.json.encode(task.document).decode(),
            None if task.result is None else msgspec.json.encode(task.result).decode(),
        ),
    )


def resolve(reader: Reader, prefix: str) -> str:
    """The full id that starts with `prefix`. Raises NotFound, or UsageError for a prefix of several."""
    if not _PREFIX.fullmatch(prefix):
        raise NotFound(f"{prefix!r} is no task id", hint=_LIST)
    rows = reader.query(
        "SELECT id FROM coordinator_task WHERE id >= ? AND id < ? ORDER BY id LIMIT 2", (prefix, prefix + "g")
    )
    if not rows:
        raise NotFound(f"there is no task {prefix}", hint=_LIST)
    if len(rows) > 1:
        raise UsageError(f"several tasks begin with {prefix}", hint="give more digits of the id")
    return str(rows[0][0])


def running(reader: Reader) -> list[Record]:
    """Every task that has not ended, oldest first."""
    rows = reader.query(
        f"SELECT {_COLUMNS} FROM coordinator_task WHERE {_OPEN} ORDER BY n"  # noqa: S608
    )
    return [_record(row) for row in rows]


def page(
    reader: Reader, state: str | None, project: str | None, limit: int, before: int | None
) -> tuple[list[Record], int | None]:
    """Records with their soft state, newest first, and the `n` to go on before when there are more."""
    rows = reader.query(
        f"SELECT n, {_COLUMNS} FROM ({_SOFT})"  # noqa: S608
        " WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR project = ?2) AND (?3 IS NULL OR n < ?3)"
        " ORDER BY n DESC LIMIT ?4",
        (state, project, before, limit + 1),
    )
    shown = rows[:limit]
    return [_record(row[1:]) for row in shown], int(shown[-1][0]) if len(rows) > limit else None


def current(reader: Reader, task: str) -> Record:
    """The record of a task with its soft state: an assigned one may be `running` or `verifying`."""
    rows = reader.query(f"SELECT {_COLUMNS} FROM ({_SOFT}) WHERE id = ?", (task,))  # noqa: S608
    return _record(rows[0])


def set_soft_state(tx: Transaction, task: str, attempt: int, state: str) -> None:
    """Note what an attempt is doing."""
    tx.execute(
        "INSERT INTO coordinator_attempt (task, attempt, state) VALUES (?, ?, ?)"
        " ON CONFLICT (task, attempt) DO UPDATE SET state = excluded.state",
        (task, attempt, state),
    )


def set_output(tx: Transaction, task: str, attempt: int, output: Artifact) -> None:
    """Note where the kept output of an attempt is."""
    tx.execute(
        "INSERT INTO coordinator_attempt (task, attempt, state, output, output_size)"
        " VALUES (?, ?, 'ended', ?, ?) ON CONFLICT (task, attempt)"
        " DO UPDATE SET state = 'ended', output = excluded.output, output_size = excluded.output_size",
        (task, attempt, output.sha256, output.size),
    )


def find_output(reader: Reader, task: str, attempt: int) -> str | None:
    """The blob with the kept output of an attempt."""
    rows = reader.query(
        "SELECT output FROM coordinator_attempt WHERE task = ? AND attempt = ?", (task, attempt)
    )
    return rows[0][0] if rows else None


def _record(row: Row) -> Record:
    id, _, state, waiting_for, attempt, worker, boot, waiter, digest, *rest = row
    submitted, ended, document, result = rest
    task = Task(
        id=id,
        document=msgspec.json.decode(document, type=TaskDocument),
        state=state,
        waiting_for=waiting_for,
        attempt=attempt,
        worker=worker,
        submitted_at=submitted,
        ended_at=ended,
        result=None if result is None else msgspec.json.decode(result, type=Result),
    )
    return Record(task=task, digest=digest, boot=boot, waiter=waiter)
