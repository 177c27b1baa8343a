"""The table of what attempts ask people: rows in, questions and answers out.

A question is open as long as its task's record names it in `asks`; the table remembers it longer, and what
was said.
"""

from dataclasses import dataclass
from typing import Final

from chorus_hooks.gate import Answer, OpenQuestion, Question
from chorus_hooks.journal import Reader, Row, Transaction

NOBODY: Final = "nobody"
"""Who says no when the time is up."""

_OPEN: Final = (
    "SELECT q.task, q.attempt, q.subject, q.text, q.blob, q.asked_at, q.until, t.boot"
    " FROM coordinator_task t JOIN coordinator_question q"
    " ON q.task = t.id AND q.digest = t.asks AND q.attempt = t.attempt WHERE t.asks IS NOT NULL"
)


@dataclass(frozen=True)
class KeptQuestion:
    """A row of an open question: its text is in `blob` when it is not here; `boot` is who asks."""

    task: str
    attempt: int
    subject: str
    text: str | None
    blob: str | None
    asked_at: str
    until: str
    boot: str

    def whole(self, text: str) -> OpenQuestion:
        """With its text."""
        question = Question(self.task, self.attempt, self.subject, text)  # type: ignore[arg-type]
        return OpenQuestion(question, self.asked_at, self.until)


def keep(tx: Transaction, question: Question, *, blob: str | None, asked_at: str, until: str) -> None:
    """Note a question that is asked now; one that was withdrawn may be asked again."""
    tx.execute(
        "INSERT INTO coordinator_question (task, digest, attempt, subject, text, blob, asked_at, until)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (task, digest, attempt)"
        " DO UPDATE SET asked_at = excluded.asked_at, until = excluded.until",
        (
            question.task_id,
            question.digest,
            question.attempt,
            question.subject,
            None if blob else question.text,
            blob,
            asked_at,
            until,
        ),
    )


def keep_answer(tx: Transaction, task: str, digest: str, attempt: int, answer: Answer) -> None:
    """Note what was said."""
    tx.execute(
        "UPDATE coordinator_question SET approved = ?, answered_by = ?, answered_at = ?, why = ?"
        " WHERE task = ? AND digest = ? AND attempt = ?",
        (answer.approved, answer.by, answer.at, answer.why, task, digest, attempt),
    )


def answer_to(reader: Reader, task: str, digest: str, attempt: int) -> Answer | None:
    """What was said to a question: in this attempt, or by a person in an earlier one.

    That nobody answered an earlier attempt in time says nothing about this one.
    """
    rows = reader.query(
        "SELECT approved, answered_by, answered_at, why FROM coordinator_question"
        " WHERE task = ? AND digest = ? AND approved IS NOT NULL AND (attempt = ? OR answered_by <> ?)"
        " ORDER BY attempt DESC LIMIT 1",
        (task, digest, attempt, NOBODY),
    )
    return _answer_of(rows[0]) if rows else None


def said_of(reader: Reader, task: str, digest_prefix: str, attempt: int) -> Answer | None:
    """What was said in this attempt to the question whose digest begins so."""
    rows = reader.query(
        "SELECT approved, answered_by, answered_at, why FROM coordinator_question"
        " WHERE task = ? AND digest >= ? AND digest < ? AND attempt = ? AND approved IS NOT NULL LIMIT 1",
        (task, digest_prefix, digest_prefix + "g", attempt),
    )
    return _answer_of(rows[0]) if rows else None


def open_of(reader: Reader, task: str) -> KeptQuestion | None:
    """The open question of a task."""
    rows = reader.query(f"{_OPEN} AND t.id = ?", (task,))
    return KeptQuestion(*rows[0]) if rows else None


def all_open(reader: Reader) -> list[KeptQuestion]:
    """Every open question, oldest first."""
    return [KeptQuestion(*row) for row in reader.query(f"{_OPEN} ORDER BY q.asked_at, t.n")]


def askers(reader: Reader) -> list[str]:
    """The process behind each open question."""
    return [boot for (boot,) in reader.query("SELECT boot FROM coordinator_task WHERE asks IS NOT NULL")]


def count_open(reader: Reader) -> int:
    """How many there are."""
    ((count,),) = reader.query("SELECT count(*) FROM coordinator_task WHERE asks IS NOT NULL")
    return int(count)


def _answer_of(row: Row) -> Answer:
    approved, by, at, why = row
    return Answer(bool(approved), by, at, why)
