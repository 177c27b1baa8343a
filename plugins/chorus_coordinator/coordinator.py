"""The coordinator of a state dir: what a person, a script or an API asks about tasks."""

import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from functools import partial
from typing import BinaryIO, Final

import msgspec
import trio

from chorus_coordinator import backlog, dependency, directing, news, queries, submission, view
from chorus_coordinator import document as rules_of_documents
from chorus_coordinator.clock import stamp
from chorus_coordinator.control import Cancel, Submit, task_id
from chorus_coordinator.follow import Follower
from chorus_coordinator.recovery import Recovery
from chorus_coordinator.rules import Changed, Record, Rejected
from chorus_coordinator.shelf import Shelf
from chorus_coordinator.store import Control, Store
from chorus_coordinator.worker import Worker
from chorus_hooks import traceparent as trace_context
from chorus_hooks.blob import Blobs
from chorus_hooks.coordinator import Change, TaskEvent, TaskPage
from chorus_hooks.errors import Busy, Conflict, NotFound, Refused, UsageError
from chorus_hooks.failpoint import failpoint
from chorus_hooks.reasoner import Roles
from chorus_hooks.scanner import Scanner
from chorus_hooks.task import TERMINAL, State, Task, TaskDocument

RETRY_AFTER_S: Final = 5.0
"""A full queue has a place again as soon as one task ends; who knows when that is."""


class LocalCoordinator:
    """Implements `chorus_hooks.coordinator.Coordinator` on the state dir's own lineage of one voter."""

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        worker: Worker,
        recovery: Recovery,
        scanner: Scanner,
        blobs: Blobs,
        boot: str,
        peer_id: str,
        max_queued: Callable[[], int],
        roles: Roles | None = None,
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._worker = worker
        self._recovery = recovery
        self._scanner = scanner
        self._blobs = blobs
        self._boot = boot
        self._peer_id = peer_id
        self._max_queued = max_queued
        self._roles = roles
        self._queries = queries.Queries()

    async def submit(
        self,
        document: TaskDocument,
        *,
        attended: bool = True,
        stdin: BinaryIO | None = None,
        traceparent: str | None = None,
    ) -> Task:
        """Check, gate, commit; a worker begins it as soon as it has a slot."""
        if stdin is not None and not attended:
            raise UsageError("only a task that is waited for can be given stdin")
        rules_of_documents.check(document)
        await self._check_role(document)
        self._gate(document)
        await self._check_source(document)
        waiter = self._boot if attended else None
        return await self._commit(_submission(document, waiter, None, traceparent), stdin)

    async def retry(
        self, task_id: str, *, idempotency_key: str | None = None, traceparent: str | None = None
    ) -> Task:
        """Its document, as a new task that nobody waits for."""
        ended = await self.get(task_id)
        document = msgspec.structs.replace(ended.document, idempotency_key=idempotency_key)
        rules_of_documents.check(document)  # of the document as a whole, and the key is new
        await self._check_role(document)
        return await self._commit(_submission(document, None, ended.id, traceparent))

    async def get(self, task_id: str) -> Task:
        """The task as it stands; one whose process died is ended first."""
        query = queries.record(task_id)
        record = await self._store.read(query.run)
        if await self._recovery.settle(record):
            record = await self._store.read(query.run)
        return record.task

    async def list(
        self, *, state: str | None = None, project: str | None = None, limit: int = 50, cursor: str = ""
    ) -> TaskPage:
        """Tasks, newest first."""
        query = self._queries.list(state=state, project=project, limit=limit, cursor=cursor)
        return await self._store.read(query.run)

    async def cancel(self, task_id: str) -> Task:
        """Commit the cancellation, then kill; a process elsewhere sees it within `POLL_S`."""
        task = (await self._store.read(queries.record(task_id).run)).task.id
        await self._store.change(lambda control: control.apply(Cancel(task=task, at=stamp())))
        live = self._worker.live(task)
        if live is not None:
            live.scope.cancel()  # nothing, when it has ended
        return await self.get(task)

    async def pause(self, task_id: str) -> Task:
        """Commit it; an attempt that runs here or elsewhere sees it before its next step."""
        return await self._direct(partial(directing.pause, task_id, self._peer_id))

    async def resume(self, task_id: str) -> Task:
        """Commit it; a task that waits is begun as soon as it has a slot."""
        return await self._direct(partial(directing.resume, task_id, self._peer_id))

    async def steer(self, task_id: str, text: str) -> Task:
        """Commit it, without secrets: the journal is for ever."""
        directing.check_text(text)
        text = text.encode("utf-8", "replace").decode()
        public = await trio.to_thread.run_sync(self._scanner.redact, text)
        return await self._direct(partial(directing.steer, task_id, public, self._peer_id))

    async def counts(self) -> Mapping[State, int]:
        """How many tasks there are in each state."""
        return await self._store.read(queries.counts().run)

    async def changes(self, *, after: int = 0, wait: bool = True) -> AsyncGenerator[Change, None]:
        """Committed changes, oldest first."""
        while True:
            page = await self._store.read(partial(news.changes, after=after))
            for change in page:
                yield change
                after = change.n
            if not page:
                if not wait:
                    return
                await self._store.news.beyond(after)

    async def follow(
        self, task_id: str, *, offset: int = 0, attempt: int = 1, wait: bool = True
    ) -> AsyncGenerator[TaskEvent, None]:
        """Output from `offset` of `attempt` on, phases, and the Task at its end."""
        if offset < 0:
            raise UsageError(f"the offset {offset} is before the beginning", hint="begin at 0")
        task = (await self._store.read(queries.record(task_id).run)).task.id
        follower = Follower(
            self._store, self._shelf, self._worker, self._recovery, task, offset=offset, attempt=attempt
        )
        async with aclosing(follower.events(wait)) as events:
            async for event in events:
                yield event

    async def _direct(self, job: Callable[[Control], str]) -> Task:
        task = await self._store.change(job)
        self._worker.wake()
        return await self.get(task)

    async def _commit(self, command: Submit, stdin: BinaryIO | None = None) -> Task:
        """Commit a submission. What is committed must be begun: whoever cancels us now finds the task, and it
        is cancelled like any other. The journal bounds how long this takes."""
        failpoint("coordinator.submit.before")
        with trio.CancelScope(shield=True):
            fed = stdin is not None and self._worker.feed(command.task, stdin)
            taken = False
            try:
                receipt, taken = await self._store.change(lambda control: self._submit(control, command))
            finally:
                if fed and not taken:
                    self._worker.starve(command.task)
            self._worker.wake()
        failpoint("coordinator.submit.after")
        return receipt

    def _submit(self, control: Control, command: Submit) -> tuple[Task, bool]:
        """The receipt, and whether the task is new."""
        outcome = control.apply(command)
        if isinstance(outcome, Rejected):
            raise Conflict(outcome.why, hint="use another key for another task")
        taken = isinstance(outcome, Changed)
        if taken:
            dependency.check(control.tx, command)
            if command.retry_of is not None:
                _check_ended(view.find(control.tx, command.retry_of), command.retry_of)
            submission.asked(control, command)
            self._worker.assign(control)
            self._check_room(control, command)
        record = view.current(control.tx, command.task)
        assert record is not None, "it was just applied"
        return record.task, taken

    def _check_room(self, control: Control, command: Submit) -> None:
        most = self._max_queued()
        if command.waiter is None and backlog.queued(control.tx) > most:
            raise Busy(
                f"{most} tasks wait already", retry_after=RETRY_AFTER_S, hint="try again in a few seconds"
            )

    def _gate(self, document: TaskDocument) -> None:
        """The journal is for ever: nothing that looks like a secret goes in."""
        found = [
            (name, finding)
            for name, value in document.env.items()
            for finding in self._scanner.scan_variable(name, value)
        ]
        if found:
            names = ", ".join(f"{name} ({finding.masked}, {finding.rule})" for name, finding in found)
            raise Refused(
                f"the environment holds what looks like a secret: {names}",
                hint="a task's environment is journaled for ever; give it without secrets",
            )

    async def _check_role(self, document: TaskDocument) -> None:
        if document.role is not None and self._roles is not None:
            await trio.to_thread.run_sync(self._roles.check, document.role)

    async def _check_source(self, document: TaskDocument) -> None:
        source = document.source
        if source is None:
            return
        if await trio.to_thread.run_sync(self._blobs.find, source.sha256) is None:
            raise NotFound(f"the source {source.sha256[:12]} is not in this state dir", hint="pack it again")


def _submission(
    document: TaskDocument, waiter: str | None, retry_of: str | None, traceparent: str | None
) -> Submit:
    """The command: a key is made when none is given, and a `traceparent` that is none is left out."""
    key = document.idempotency_key or secrets.token_hex(16)
    return Submit(
        task=task_id(document.project, key),
        at=stamp(),
        document=msgspec.structs.replace(document, idempotency_key=key),
        waiter=waiter,
        retry_of=retry_of,
        traceparent=trace_context.parse(traceparent),
    )


def _check_ended(record: Record | None, task: str) -> None:
    """Raises NotFound, or Conflict for a task that is still to end."""
    if record is None:
        raise NotFound(f"there is no task {task}")
    if record.task.state not in TERMINAL:
        raise Conflict(
            f"the task {task[:12]} has not ended, so it cannot be retried",
            hint="wait for it, or cancel it first",
        )
