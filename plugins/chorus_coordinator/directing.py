"""What people say to a task while it goes on: stop, go on, and what to mind. Each is one transaction."""

from typing import Final

from chorus_coordinator import queries
from chorus_coordinator.clock import stamp
from chorus_coordinator.control import Pause, Resume, Steer
from chorus_coordinator.rules import Changed, Record, Rejected
from chorus_coordinator.store import Control
from chorus_hooks.direction import Note
from chorus_hooks.errors import Conflict, UsageError
from chorus_hooks.journal import Reader
from chorus_hooks.task import TERMINAL

MOST_TEXT: Final = 4000
"""Characters of what is said at once. It takes room in what a model can read, beside the work itself."""


def pause(task_id: str, by: str, control: Control) -> str:
    """Stop it, for as long as it takes. Raises Conflict where it cannot be stopped."""
    record = _open(control, task_id)
    if record.task.state == "verifying" and not record.paused:
        raise Conflict(f"{_name(record)} is being verified already, and that is not paused", hint=_CANCEL)
    command = Pause(task=record.task.id, at=stamp(), by=by)
    if _applied(control, record, command, hint=_CANCEL):
        control.fact("task.paused", {"task": command.task, "by": by})
    return command.task


def resume(task_id: str, by: str, control: Control) -> str:
    """Let it go on."""
    command = Resume(task=_open(control, task_id).task.id, at=stamp(), by=by)
    if isinstance(control.apply(command), Changed):
        control.fact("task.resumed", {"task": command.task, "by": by})
    return command.task


def steer(task_id: str, text: str, by: str, control: Control) -> str:
    """Keep what is said. Raises Conflict where no model will read it."""
    record = _open(control, task_id)
    if record.task.state == "verifying":
        raise Conflict(f"{_name(record)} is being verified already: no model reads this", hint=_RETRY)
    command = Steer(task=record.task.id, at=stamp(), by=by, text=text)
    _applied(control, record, command, hint="steer goals only, and rarely")
    n = record.notes + 1
    control.tx.execute(
        "INSERT INTO coordinator_note (task, n, at, by, text) VALUES (?, ?, ?, ?, ?)",
        (command.task, n, command.at, by, text),
    )
    control.fact("task.steered", {"task": command.task, "n": n, "by": by, "text": text})
    return command.task


def check_text(text: str) -> None:
    """Raises UsageError for what says nothing, or too much."""
    if not text.strip():
        raise UsageError("there is nothing to say", hint="give the text, or - to read it from stdin")
    if len(text) > MOST_TEXT:
        raise UsageError(f"the text has {len(text)} characters", hint=f"use up to {MOST_TEXT}")


def notes(reader: Reader, task: str, after: int) -> tuple[Note, ...]:
    """What was said to a task since the note `after`, oldest first."""
    rows = reader.query(
        "SELECT n, at, by, text FROM coordinator_note WHERE task = ? AND n > ? ORDER BY n", (task, after)
    )
    return tuple(Note(*row) for row in rows)


_CANCEL: Final = "wait for it, or end it with `chorus task cancel`"
_RETRY: Final = "submit it again with `chorus task retry`"


def _open(control: Control, task_id: str) -> Record:
    record = queries.record(task_id).run(control.tx)
    if record.task.state in TERMINAL:
        raise Conflict(f"{_name(record)} has ended: {record.task.state}", hint=_RETRY)
    return record


def _applied(control: Control, record: Record, command: Pause | Steer, *, hint: str) -> bool:
    outcome = control.apply(command)
    if isinstance(outcome, Rejected):
        raise Conflict(f"{_name(record)}: {outcome.why}", hint=hint)
    return isinstance(outcome, Changed)


def _name(record: Record) -> str:
    return f"the task {record.task.id[:12]}"
