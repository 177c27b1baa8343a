"""A step of a task that waits until a person has said yes or no.

An answer is bound to what was shown: it names the digest of the question's text, so that nobody approves one
thing and gets another.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, Protocol

Subject = Literal["plan", "command", "write"]


@dataclass(frozen=True)
class Question:
    """What a person is asked: `text` is all that is shown, and all that may then be done."""

    task_id: str
    attempt: int
    subject: Subject
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 over subject and text, in hex: what an answer has to name."""
        return sha256(f"{self.subject}\n{self.text}".encode()).hexdigest()


@dataclass(frozen=True)
class Answer:
    """What was said: by whom (a peer id; `nobody` when time was up), when (RFC 3339, UTC), and why."""

    approved: bool
    by: str
    at: str
    why: str = ""


@dataclass(frozen=True)
class OpenQuestion:
    """A question that waits, since when, and until when (RFC 3339, UTC)."""

    question: Question
    asked_at: str
    until: str


class Gate(Protocol):
    """Asks people, and keeps their answers. Durable: both are facts of the journal."""

    async def ask(self, question: Question, *, timeout_s: float) -> Answer:
        """Wait for the answer; the task is `waiting` for `approval` meanwhile. No answer in time is a no.

        The same question of the same task, asked again, gets the answer that was given, also in a later
        attempt; that nobody answered in time holds for its own attempt only. Cancelling it withdraws the
        question. An attempt has one open question at a time. Raises Conflict when it asks another one
        already, or does not go on; UsageError for what is no text, or longer than 1 MiB.
        """
        ...

    async def answer(self, task_id: str, digest: str, *, approved: bool, why: str = "") -> OpenQuestion:
        """Answer the open question of a task. Its id may be a prefix; the digest, too, of 8 digits or more.

        Raises NotFound when the task asks nothing, Conflict when it asks something else by now, or has its
        answer: the first one counts. Secrets in `why` are taken out.
        """
        ...

    async def waiting(self) -> int:
        """How many questions wait for an answer now. Cheap: reads none of them."""
        ...

    async def open(self) -> tuple[OpenQuestion, ...]:
        """What waits for an answer now, oldest first."""
        ...
