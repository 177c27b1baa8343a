"""The human gate of a state dir: asks people, and keeps what they said. Any process on it may answer."""

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import trio

from chorus_coordinator import queries, questions, view
from chorus_coordinator.clock import stamp
from chorus_coordinator.control import Ask, Reply, Withdraw
from chorus_coordinator.questions import NOBODY, KeptQuestion
from chorus_coordinator.rules import Changed, Record, Rejected
from chorus_coordinator.store import Control, Store
from chorus_hooks.blob import Blobs
from chorus_hooks.errors import ChorusError, Conflict, NotFound, UsageError
from chorus_hooks.failpoint import failpoint
from chorus_hooks.gate import Answer, OpenQuestion, Question
from chorus_hooks.identity import Identity
from chorus_hooks.journal import Reader
from chorus_hooks.node import Node
from chorus_hooks.scanner import Scanner
from chorus_hooks.service import Capabilities

log = logging.getLogger(__name__)

MOST_TEXT: Final = 1 << 20
"""Bytes of a question. Nobody reads more, and each listing carries all of it."""

MOST_INLINE: Final = 16 << 10
"""Bytes of a question that the journal itself holds; a longer one is a blob, which goes with its task."""

MOST_WHY: Final = 1000
"""Characters of a reason."""

LOOK_S: Final = 1.0
"""An answer rings a bell; one that did not, for whatever reason, is seen by this look. One indexed read."""

LONGEST_S: Final = 366 * 86400.0
"""Nobody waits longer than this for a person."""

WITHDRAW_S: Final = 2.0
"""To commit a withdrawal while the attempt is killed. The end of the attempt closes its question, too."""

_DIGEST = re.compile(r"[0-9a-f]{8,64}", re.ASCII)
_LIST: Final = "`chorus approve` without an id lists what waits"


class LocalGate:
    """Implements `chorus_hooks.gate.Gate` on the journal of the state dir."""

    def __init__(self, store: Store, blobs: Blobs, scanner: Scanner, node: Node, peer_id: str) -> None:
        self._store = store
        self._blobs = blobs
        self._scanner = scanner
        self._node = node
        self._peer_id = peer_id

    async def ask(self, question: Question, *, timeout_s: float) -> Answer:
        """Wait for the answer. Raises Conflict when the attempt does not go on, or asks something else."""
        blob = await trio.to_thread.run_sync(self._kept, question)
        timeout_s = min(timeout_s, LONGEST_S)
        try:
            answer = await self._store.change(partial(self._open, question, blob, timeout_s))
            failpoint("coordinator.gate.asked")
            if answer is None:
                with trio.move_on_after(timeout_s):
                    answer = await self._heard(question)
            if answer is None:
                answer = await self._store.change(partial(self._time_out, question))
        except trio.Cancelled:
            await self._withdraw(question)
            raise
        failpoint("coordinator.gate.answered")
        return answer

    async def answer(self, task_id: str, digest: str, *, approved: bool, why: str = "") -> OpenQuestion:
        """The first answer counts: who is too late gets Conflict."""
        if not _DIGEST.fullmatch(digest):
            raise UsageError(f"{digest!r} is no digest of a question", hint="give 8 to 64 hex digits of it")
        if len(why) > MOST_WHY:
            raise UsageError(f"the reason has {len(why)} characters", hint=f"use up to {MOST_WHY}")
        said = Answer(approved, self._peer_id, stamp(), await trio.to_thread.run_sync(self._public, why))
        return await self._whole(await self._store.change(partial(self._reply, task_id, digest, said)))

    async def waiting(self) -> int:
        """How many wait for an answer; what a dead process asked does not."""
        return sum(map(self._node.alive, await self._store.read(questions.askers)))

    async def open(self) -> tuple[OpenQuestion, ...]:
        """What waits for an answer now; nothing of a dead process, nor what cannot be shown whole."""
        shown = []
        for asked in await self._store.read(questions.all_open):
            if self._node.alive(asked.boot):
                try:
                    shown.append(await self._whole(asked))
                except ChorusError as error:
                    log.warning("a question of task %s cannot be shown: %s", asked.task[:12], error.message)
        return tuple(shown)

    def _kept(self, question: Question) -> str | None:
        """Where the text is kept, when it is too long for the journal, or not to be there for ever."""
        try:
            raw = question.text.encode()
        except UnicodeEncodeError as error:
            raise UsageError(f"the question is no text: {error.reason}") from None
        if len(raw) > MOST_TEXT:
            raise UsageError(f"the question has {len(raw)} bytes", hint=f"a person reads up to {MOST_TEXT}")
        if len(raw) <= MOST_INLINE and not self._scanner.scan(question.text, where=question.subject):
            return None
        with self._blobs.create() as writer:
            writer.write(raw)
            return writer.commit().sha256

    def _open(
        self, question: Question, blob: str | None, timeout_s: float, control: Control
    ) -> Answer | None:
        """The answer that was given already; else ask."""
        task, attempt, digest = question.task_id, question.attempt, question.digest
        answer = questions.answer_to(control.tx, task, digest, attempt)
        if answer is not None:
            return answer
        at, until = stamp(), stamp(ago_s=-timeout_s)
        command = Ask(task=task, at=at, attempt=attempt, digest=digest, subject=question.subject, until=until)
        outcome = control.apply(command)
        if isinstance(outcome, Rejected):
            raise Conflict(f"the task {task[:12]} cannot ask now: {outcome.why}")
        if isinstance(outcome, Changed):
            self._note(question, blob, command, control)
        return None

    def _note(self, question: Question, blob: str | None, command: Ask, control: Control) -> None:
        questions.keep(control.tx, question, blob=blob, asked_at=command.at, until=command.until)
        data: dict[str, object] = {
            "task": command.task,
            "attempt": command.attempt,
            "digest": command.digest,
            "subject": command.subject,
            "until": command.until,
        }
        if blob is None:
            control.fact("approval.asked", {**data, "text": question.text})
        else:
            control.tx.hold(blob, f"task:{command.task}")
            control.fact("approval.asked", data, ref=f"sha256:{blob}")

    async def _heard(self, question: Question) -> Answer:
        """What somebody says. Raises Conflict when the question was closed without a word."""
        while True:
            bell = self._store.news.bell(question.task_id)
            answer = await self._store.read(partial(_standing, question))
            if answer is not None:
                return answer
            with trio.move_on_after(LOOK_S):
                await bell.wait()

    def _time_out(self, question: Question, control: Control) -> Answer:
        """Nobody's no, unless somebody was a moment faster."""
        answer = _standing(question, control.tx)
        if answer is None:
            answer = Answer(False, NOBODY, stamp(), "nobody answered in time")
            self._say(question.task_id, question.attempt, question.digest, answer, control)
        return answer

    def _reply(self, prefix: str, digest: str, answer: Answer, control: Control) -> KeptQuestion:
        record = queries.record(prefix).run(control.tx)
        asked = questions.open_of(control.tx, record.task.id)
        if asked is None or not self._node.alive(asked.boot):
            raise self._too_late(control.tx, record, digest)
        assert record.asks is not None, "the table says so"
        if not record.asks.startswith(digest):
            raise Conflict(
                f"the task {record.task.id[:12]} asks {record.asks[:12]} by now, and not {digest[:12]}",
                hint="look at what it asks; " + _LIST,
            )
        self._say(asked.task, asked.attempt, record.asks, answer, control)
        return asked

    def _too_late(self, reader: Reader, record: Record, digest: str) -> ChorusError:
        task = record.task
        answer = questions.said_of(reader, task.id, digest, task.attempt)
        if answer is None:
            return NotFound(f"the task {task.id[:12]} asks nothing", hint=_LIST)
        said = "yes" if answer.approved else "no"
        return Conflict(
            f"the task {task.id[:12]} has its answer: {said}, by {answer.by} at {answer.at}", hint=_LIST
        )

    def _say(self, task: str, attempt: int, digest: str, answer: Answer, control: Control) -> None:
        said = {"approved": answer.approved, "by": answer.by, "why": answer.why}
        command = Reply(
            task=task,
            at=answer.at,
            attempt=attempt,
            digest=digest,
            approved=answer.approved,
            by=answer.by,
            why=answer.why,
        )
        outcome = control.apply(command)
        assert isinstance(outcome, Changed), "it was open in this transaction"
        questions.keep_answer(control.tx, task, digest, attempt, answer)
        control.fact("approval.answered", {"task": task, "attempt": attempt, "digest": digest, **said})

    async def _withdraw(self, question: Question) -> None:
        command = Withdraw(
            task=question.task_id, at=stamp(), attempt=question.attempt, digest=question.digest
        )
        with trio.CancelScope(deadline=trio.current_time() + WITHDRAW_S, shield=True):
            try:
                await self._store.change(lambda control: control.apply(command))
            except ChorusError as error:
                log.warning("a question is closed by the end of its attempt: %s", error.message)

    async def _whole(self, asked: KeptQuestion) -> OpenQuestion:
        if asked.text is not None:
            return asked.whole(asked.text)
        return asked.whole(await trio.to_thread.run_sync(self._text, asked.blob or ""))

    def _text(self, blob: str) -> str:
        with self._blobs.open(blob) as file:
            return file.read().decode()

    def _public(self, why: str) -> str:
        """A reason is journaled for ever: without secrets."""
        return self._scanner.redact(why.encode("utf-8", "replace").decode())


@asynccontextmanager
async def serve(capabilities: Capabilities) -> AsyncIterator[LocalGate]:
    """The service: it has nothing to start, and nothing to stop."""
    yield LocalGate(
        capabilities.get(Store),
        capabilities.get(Blobs),
        capabilities.get(Scanner),
        capabilities.get(Node),
        capabilities.get(Identity).peer_id,
    )


def _standing(question: Question, reader: Reader) -> Answer | None:
    """The answer, or None while it is open. Raises Conflict when it is neither."""
    task, attempt, digest = question.task_id, question.attempt, question.digest
    record = view.find(reader, task)
    if record is not None and record.asks == digest and record.task.attempt == attempt:
        return None
    answer = questions.answer_to(reader, task, digest, attempt)
    if answer is None:
        raise Conflict(f"the task {task[:12]} does not ask that any more")
    return answer
