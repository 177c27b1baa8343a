"""The coordinator of a state dir: what a person, a script or an API asks about tasks."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import BinaryIO, get_args

import msgspec
import trio

from chorus_coordinator import document as rules_of_documents
from chorus_coordinator import view
from chorus_coordinator.clock import stamp
from chorus_coordinator.control import Cancel, Submit, digest, task_id
from chorus_coordinator.follow import Follower
from chorus_coordinator.recovery import Recovery
from chorus_coordinator.rules import Changed, Rejected
from chorus_coordinator.shelf import Shelf
from chorus_coordinator.store import Control, Store
from chorus_coordinator.worker import Worker
from chorus_hooks.blob import Blobs
from chorus_hooks.coordinator import TaskEvent, TaskPage
from chorus_hooks.errors import NotFound, Refused, UsageError
from chorus_hooks.failpoint import failpoint
from chorus_hooks.scanner import Scanner
from chorus_hooks.task import State, Task, TaskDocument

MAX_PAGE = 1000


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
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._worker = worker
        self._recovery = recovery
        self._scanner = scanner
        self._blobs = blobs
        self._boot = boot

    async def submit(self, document: TaskDocument, *, stdin: BinaryIO | None = None) -> Task:
        """Check, gate, commit; this process runs it as soon as it has a slot."""
        rules_of_documents.check(document)
        self._gate(document)
        await self._check_source(document)
        key = document.idempotency_key or secrets.token_hex(16)
        keyed = msgspec.structs.replace(document, idempotency_key=key)
        task = task_id(keyed.project, key)
        failpoint("coordinator.submit.before")
        # What is committed must be begun: whoever cancels us now finds the task, and it is cancelled like
        # any other. The journal bounds how long this takes.
        with trio.CancelScope(shield=True):
            receipt = await self._commit(task, keyed, stdin)
        failpoint("coordinator.submit.after")
        return receipt

    async def get(self, task_id: str) -> Task:
        """The task as it stands; one whose process died is ended first."""
        task = await self._store.read(lambda reader: view.resolve(reader, task_id))
        record = await self._store.read(lambda reader: view.current(reader, task))
        if await self._recovery.settle(record):
            record = await self._store.read(lambda reader: view.current(reader, task))
        return record.task

    async def list(
        self, *, state: str | None = None, project: str | None = None, limit: int = 50, cursor: str = ""
    ) -> TaskPage:
        """Tasks, newest first."""
        if state is not None and state not in get_args(State):
            raise UsageError(f"{state!r} is no state", hint=f"one of {', '.join(get_args(State))}")
        if not 1 <= limit <= MAX_PAGE:
            raise UsageError(f"a page of {limit} tasks", hint=f"ask for 1 to {MAX_PAGE}")
        if cursor and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 16):
            raise UsageError(f"{cursor!r} is no cursor", hint="give the one that the page before ended with")
        before = int(cursor) if cursor else None
        records, last = await self._store.read(
            lambda reader: view.page(reader, state, project, limit, before)
        )
        return TaskPage(tuple(record.task for record in records), None if last is None else str(last))

    async def cancel(self, task_id: str) -> Task:
        """Commit the cancellation, then kill; a process elsewhere sees it within `POLL_S`."""
        task = await self._store.read(lambda reader: view.resolve(reader, task_id))
        await self._store.change(lambda control: control.apply(Cancel(task=task, at=stamp())))
        live = self._worker.live(task)
        if live is not None:
            live.scope.cancel()  # nothing, when it has ended
        return await self.get(task)

    async def follow(
        self, task_id: str, *, offset: int = 0, wait: bool = True
    ) -> AsyncGenerator[TaskEvent, None]:
        """Output from `offset` on, phases, and the Task at its end."""
        task = await self._store.read(lambda reader: view.resolve(reader, task_id))
        follower = Follower(self._store, self._shelf, self._worker, self._recovery, task)
        async with aclosing(follower.events(offset, wait)) as events:
            async for event in events:
                yield event

    async def _commit(self, task: str, document: TaskDocument, stdin: BinaryIO | None) -> Task:
        fed = stdin is not None and self._worker.feed(task, stdin)
        taken = False
        try:
            receipt, taken = await self._store.change(lambda control: self._submit(control, task, document))
        finally:
            if fed and not taken:
                self._worker.starve(task)
        self._worker.wake()
        return receipt

    def _submit(self, control: Control, task: str, document: TaskDocument) -> tuple[Task, bool]:
        """The receipt, and whether the task is new."""
        outcome = control.apply(Submit(task=task, at=stamp(), document=document, waiter=self._boot))
        if isinstance(outcome, Rejected):
            raise Refused(outcome.why, hint="use another key for another task")
        taken = isinstance(outcome, Changed)
        if taken:
            source = None if document.source is None else f"sha256:{document.source.sha256}"
            control.fact(
                "task.submit_asked",
                {
                    "task": task,
                    "document": msgspec.to_builtins(document),
                    "digest": digest(document),
                },
                ref=source,
            )
            self._worker.assign(control)
        return view.current(control.tx, task).task, taken

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

    async def _check_source(self, document: TaskDocument) -> None:
        source = document.source
        if source is None:
            return
        if await trio.to_thread.run_sync(self._blobs.find, source.sha256) is None:
            raise NotFound(f"the source {source.sha256[:12]} is not in this state dir", hint="pack it again")
