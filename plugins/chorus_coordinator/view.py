"""The task view in SQLite: rows in, `Record`s out. Nothing is kept between two calls."""

from typing import Final

import msgspec

from chorus_coordinator.rules import APPROVAL, BUDGET, PAUSED, Record
from chorus_hooks.journal import Reader, Row, Transaction
from chorus_hooks.task import Artifact, Result, Task, TaskDocument, Thinking

_FIELDS: Final = (
    "t.id, t.attempt, t.worker, t.boot, t.waiter, t.digest, t.submitted_at, t.ended_at, t.document, t.result,"
    " t.retry_of, t.traceparent, t.losses, t.asks, t.paused, t.notes, t.part_of"
)
_NOT_SOFT: Final = "NULL, NULL, NULL"
COMMITTED: Final = f"SELECT {_FIELDS}, t.state, t.waiting_for, {_NOT_SOFT}, t.n FROM coordinator_task t"  # noqa: S608
"""Records as the control log has them; a condition on `t` follows."""

SOFT_STATE: Final = (
    "CASE WHEN t.state <> 'assigned' THEN t.state WHEN t.asks IS NOT NULL OR a.waiting_for IS NOT NULL"
    " THEN 'waiting' ELSE coalesce(a.state, 'assigned') END"
)
_SOFT_REASON: Final = (
    f"CASE WHEN t.asks IS NOT NULL THEN '{APPROVAL}'"
    f" WHEN t.state = 'assigned' THEN a.waiting_for WHEN t.state = 'waiting' AND t.paused THEN '{PAUSED}'"
    f" WHEN t.state = 'waiting' AND t.held IS NOT NULL THEN '{BUDGET}' ELSE t.waiting_for END"
)
_SOFT_WHY: Final = (
    "CASE WHEN t.asks IS NOT NULL THEN NULL WHEN t.state = 'assigned' THEN a.waiting_why"
    " WHEN t.state = 'waiting' AND NOT t.paused THEN t.held END"
)
_ATTEMPT: Final = "LEFT JOIN coordinator_attempt a ON a.task = t.id AND a.attempt = t.attempt"
_KEPT: Final = "a.transcript, a.transcript_size"
TOLD: Final = (
    f"SELECT {_FIELDS}, {SOFT_STATE}, {_SOFT_REASON}, {_SOFT_WHY}, {_KEPT}, t.n AS n"  # noqa: S608
    f" FROM coordinator_task t {_ATTEMPT}"
)
"""Records as others see them: an assigned task may be `running` or `verifying`, or wait; one whose attempt
was ended from the outside has the transcript that was kept of it."""

COUNTS: Final = (
    "SELECT state, tasks FROM coordinator_count WHERE state <> 'assigned'"  # noqa: S608
    f" UNION ALL SELECT {SOFT_STATE}, count(*) FROM coordinator_task t {_ATTEMPT}"
    " WHERE t.state = 'assigned' GROUP BY 1"
)
"""How many tasks there are in each state that any has; the counts of a state that occurs twice add up."""

_SAVE: Final = (
    "INSERT INTO coordinator_task (id, n, project, state, waiting_for, attempt, worker, boot, waiter, digest,"
    " submitted_at, ended_at, document, result, retry_of, traceparent, losses, asks, paused, notes,"
    " priority, special, part_of) VALUES"
    " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET state = excluded.state, waiting_for = excluded.waiting_for,"
    " attempt = excluded.attempt, worker = excluded.worker, boot = excluded.boot,"
    " ended_at = excluded.ended_at, result = excluded.result, losses = excluded.losses,"
    " asks = excluded.asks, paused = excluded.paused, notes = excluded.notes"
)


def find(reader: Reader, task: str) -> Record | None:
    """The committed record of a task, by its full id."""
    rows = reader.query(f"{COMMITTED} WHERE t.id = ?", (task,))
    return record_of(rows[0]) if rows else None


def current(reader: Reader, task: str) -> Record | None:
    """The record of a task with its soft state, by its full id."""
    rows = reader.query(f"{TOLD} WHERE t.id = ?", (task,))
    return record_of(rows[0]) if rows else None


def save(tx: Transaction, record: Record, n: int) -> None:
    """Write a record. `n` orders tasks by when they came; it counts only for a new one."""
    task = record.task
    tx.execute(
        _SAVE,
        (
            task.id,
            n,
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
            task.retry_of,
            task.traceparent,
            record.losses,
            record.asks,
            record.paused,
            record.notes,
            task.document.priority,
            is_special(task.document),
            task.part_of,
        ),
    )


def drop(tx: Transaction, task: str) -> None:
    """Remove a record, its attempts, what they asked, were told and used, and what it depends on."""
    tx.execute("DELETE FROM coordinator_task WHERE id = ?", (task,))
    tx.execute("DELETE FROM coordinator_attempt WHERE task = ?", (task,))
    tx.execute("DELETE FROM coordinator_question WHERE task = ?", (task,))
    tx.execute("DELETE FROM coordinator_dependency WHERE task = ?", (task,))
    tx.execute("DELETE FROM coordinator_note WHERE task = ?", (task,))
    tx.execute("DELETE FROM coordinator_spent WHERE scope = 'task' AND key = ?", (task,))


def is_special(document: TaskDocument) -> bool:
    """Whether a task asks for more than any sandbox gives."""
    return bool(document.requires) or document.image is not None


def set_soft_state(tx: Transaction, task: str, attempt: int, state: str) -> None:
    """Note what an attempt is doing."""
    tx.execute(
        "INSERT INTO coordinator_attempt (task, attempt, state) VALUES (?, ?, ?)"
        " ON CONFLICT (task, attempt) DO UPDATE SET state = excluded.state",
        (task, attempt, state),
    )


def set_waiting(tx: Transaction, task: str, attempt: int, reason: str | None, why: str = "") -> None:
    """Note for what an attempt waits that has its process; None when it goes on."""
    tx.execute(
        "UPDATE coordinator_attempt SET waiting_for = ?, waiting_why = ? WHERE task = ? AND attempt = ?",
        (reason, why or None, task, attempt),
    )


def set_kept(
    tx: Transaction, task: str, attempt: int, output: Artifact | None, transcript: Artifact | None
) -> None:
    """Note where what an attempt told is kept."""
    blobs = [(None, None) if part is None else (part.sha256, part.size) for part in (output, transcript)]
    tx.execute(
        "INSERT INTO coordinator_attempt (task, attempt, state, output, output_size, transcript,"
        " transcript_size) VALUES (?, ?, 'ended', ?, ?, ?, ?) ON CONFLICT (task, attempt)"
        " DO UPDATE SET state = 'ended', output = excluded.output, output_size = excluded.output_size,"
        " transcript = excluded.transcript, transcript_size = excluded.transcript_size",
        (task, attempt, *blobs[0], *blobs[1]),
    )


def find_output(reader: Reader, task: str, attempt: int) -> str | None:
    """The blob with the kept output of an attempt."""
    rows = reader.query(
        "SELECT output FROM coordinator_attempt WHERE task = ? AND attempt = ?", (task, attempt)
    )
    return rows[0][0] if rows else None


def record_of(row: Row) -> Record:
    """The record in a row of `COMMITTED` or `TOLD`."""
    id, attempt, worker, boot, waiter, digest, submitted, ended, document, *rest = row
    result, retry_of, traceparent, losses, asks, paused, notes, part_of, state, waiting_for, *soft, _ = rest
    why, transcript, size = soft
    task = Task(
        id=id,
        document=msgspec.json.decode(document, type=TaskDocument),
        state=state,
        waiting_for=waiting_for,
        waiting_why=why,
        attempt=attempt,
        worker=worker,
        submitted_at=submitted,
        ended_at=ended,
        result=None if result is None else _result(result, transcript, size),
        retry_of=retry_of,
        part_of=part_of,
        traceparent=traceparent,
    )
    return Record(
        task=task,
        digest=digest,
        boot=boot,
        waiter=waiter,
        losses=losses,
        asks=asks,
        paused=bool(paused),
        notes=notes,
    )


def _result(raw: str, transcript: str | None, size: int | None) -> Result:
    """A result, with the transcript that was kept beside it where it names none of its own."""
    result = msgspec.json.decode(raw, type=Result)
    thinking = result.thinking or Thinking()
    if transcript is None or size is None or thinking.transcript is not None:
        return result
    kept = Artifact(path="transcript.jsonl", size=size, sha256=transcript)
    return msgspec.structs.replace(result, thinking=msgspec.structs.replace(thinking, transcript=kept))
