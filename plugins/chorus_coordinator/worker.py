"""Runs what was assigned to this process, and only what is committed; commits what came out."""

import logging
import math
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import BinaryIO, Final

import msgspec
import trio

from chorus_coordinator import view
from chorus_coordinator.clock import stamp
from chorus_coordinator.control import Assign, Cancel, Finish
from chorus_coordinator.live import LiveAttempt
from chorus_coordinator.made import Made, made_fact
from chorus_coordinator.reporter import Reporter
from chorus_coordinator.rules import Record
from chorus_coordinator.shelf import Shelf
from chorus_coordinator.store import TERM, Control, Store
from chorus_hooks.errors import ChorusError, Refused
from chorus_hooks.executor import Assignment, Executor
from chorus_hooks.failpoint import failpoint
from chorus_hooks.quantity import parse_size
from chorus_hooks.task import Artifact, Result, Task, TaskDocument, Usage

log = logging.getLogger(__name__)

POLL_S: Final = 0.2
"""How soon a change that another process commits is seen. One indexed read each time: 0.1 % of a core."""

STOP_S: Final = 5.0
"""Committing an end while the process stops takes two syncs; a disk that needs longer is broken, and then
the next start tells that the task was interrupted."""

DEFAULT_OUTPUT: Final = 10 << 20
REMEMBERED: Final = 64
"""Ended attempts whose phases are kept for who looks a moment too late."""

_STOPPED: Final = "the process that ran it was stopped"


class Worker:
    """Takes up to `slots` attempts at once. `peer_id` and `boot` are who runs them."""

    def __init__(
        self, store: Store, shelf: Shelf, executor: Executor, *, peer_id: str, boot: str, slots: int
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._executor = executor
        self._peer_id = peer_id
        self._boot = boot
        self._slots = slots
        self._live: dict[str, LiveAttempt] = {}
        self._ended: deque[LiveAttempt] = deque(maxlen=REMEMBERED)
        self._stdin: dict[str, BinaryIO] = {}
        self.begun = trio.Event()  # set, and replaced, when an attempt begins here
        self._wake = trio.Event()

    def wake(self) -> None:
        """Look again for what there is to do."""
        self._wake.set()

    def feed(self, task: str, stdin: BinaryIO) -> bool:
        """Give an attempt of `task` in this process its standard input; False when it has one already."""
        return self._stdin.setdefault(task, stdin) is stdin

    def starve(self, task: str) -> None:
        """Take the standard input back: the task was not taken."""
        self._stdin.pop(task, None)

    def live(self, task: str) -> LiveAttempt | None:
        """The attempt of `task` that runs in this process, or has just ended: its phases are known."""
        ended = (live for live in self._ended if live.task == task)
        return self._live.get(task) or next(ended, None)

    def assign(self, control: Control) -> None:
        """Assign the tasks that wait for this process, oldest first, as long as there are slots."""
        for record in self._next(view.running(control.tx)):
            control.apply(
                Assign(
                    task=record.task.id,
                    at=stamp(),
                    attempt=record.task.attempt + 1,
                    worker=self._peer_id,
                    boot=self._boot,
                )
            )

    async def run(self) -> None:
        """Work until cancelled; then what runs is killed, and committed as cancelled."""
        try:
            async with trio.open_nursery() as nursery:
                while True:
                    await self._wake.wait()
                    self._wake = trio.Event()
                    await self._start(nursery)
        finally:
            with trio.CancelScope(deadline=trio.current_time() + STOP_S, shield=True):
                await self._abandon()

    async def _start(self, nursery: trio.Nursery) -> None:
        """Start each committed assignment of this process that does not run yet."""
        if self._next(await self._store.read(view.running)):
            await self._store.change(self.assign)
        for record in await self._store.read(view.running):
            if record.boot == self._boot and record.task.id not in self._live:
                live = self._begin(record.task)
                nursery.start_soon(self._attempt, live, record.task.document)

    def _begin(self, task: Task) -> LiveAttempt:
        given = task.document.limits.output
        # Commands and verify commands may each print up to the limit, and the executor enforces that;
        # twice as much bounds the file whatever the executor does.
        limit = 2 * (parse_size(given) if given else DEFAULT_OUTPUT)
        live = LiveAttempt(task.id, task.attempt, self._shelf.begin(task.id, task.attempt, limit))
        self._live[task.id] = live
        begun, self.begun = self.begun, trio.Event()
        begun.set()
        return live

    def _next(self, records: Sequence[Record]) -> list[Record]:
        """The tasks that wait for this process and fit into its free slots, oldest first."""
        free = self._slots - sum(record.boot == self._boot for record in records)
        mine = [r for r in records if r.waiter == self._boot and r.task.state == "waiting"]
        return mine[: max(0, free)]

    async def _attempt(self, live: LiveAttempt, document: TaskDocument) -> None:
        """One attempt, from its start to its committed end."""
        began = trio.current_time()
        committed = False
        try:
            with live.scope:
                await self._finish(live, await self._guarded(live, document))
                committed = True
            if not committed:
                await self._keep(live)
        except BaseException:
            if _cancelled():
                usage = Usage(wall_s=trio.current_time() - began, output_bytes=live.output_file.payload)
                with trio.CancelScope(deadline=trio.current_time() + STOP_S, shield=True):
                    await self._finish(live, Result(reason="cancelled", detail=_STOPPED, usage=usage))
            raise
        finally:
            live.output_file.close()
            self._ended.appendleft(self._live.pop(live.task))
            self._stdin.pop(live.task, None)
            live.end()
        self.wake()

    async def _guarded(self, live: LiveAttempt, document: TaskDocument) -> Result:
        """Execute, while watching whether somebody ends the task from elsewhere."""
        await self._store.change(partial(self._started, live))
        failpoint("coordinator.started")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._watch, live)
            result = await self._execute(live, document)
            nursery.cancel_scope.cancel()
        return result

    async def _execute(self, live: LiveAttempt, document: TaskDocument) -> Result:
        began = trio.current_time()
        work = Assignment(live.task, live.attempt, document, self._stdin.get(live.task))
        try:
            return await self._executor.execute(work, Reporter(live, self._store))
        except ChorusError as error:
            detail = f"{error.message}; {error.hint}" if error.hint else error.message
        except Exception as error:  # a bug must not take the other tasks of this process with it
            log.exception("task %s: the executor failed", live.task)
            detail = f"a bug in the executor: {type(error).__name__}: {error}"
        usage = Usage(wall_s=trio.current_time() - began, output_bytes=live.output_file.payload)
        return Result(reason="interrupted", detail=detail, usage=usage)

    async def _watch(self, live: LiveAttempt) -> None:
        """Kill the attempt when it is not the task's any more."""
        while True:
            await trio.sleep(POLL_S)
            record = await self._store.read(lambda reader: view.find(reader, live.task))
            if record is None or record.task.state != "assigned" or record.task.attempt != live.attempt:
                live.scope.cancel()

    def _started(self, live: LiveAttempt, control: Control) -> None:
        control.fact("attempt.started", {"task": live.task, "attempt": live.attempt, "boot": self._boot})
        view.set_soft_state(control.tx, live.task, live.attempt, "running")

    async def _finish(self, live: LiveAttempt, result: Result) -> None:
        """Commit a result with its kept output. When the task has ended already, only the output is kept."""
        output, lost = await self._stored(live)
        whole = msgspec.structs.replace(
            result,
            detail="; ".join(filter(None, (result.detail, lost))),
            attempt=live.attempt,
            worker=self._peer_id,
            term=TERM,
            output=output,
        )
        made = await trio.to_thread.run_sync(made_fact, self._shelf.blobs, live.task, whole)
        failpoint("coordinator.result.before")
        await self._store.change(partial(_finished, live, whole, made))
        failpoint("coordinator.result.after")

    async def _keep(self, live: LiveAttempt) -> None:
        """Keep the output of an attempt whose task was ended by somebody else."""
        output, lost = await self._stored(live)
        if output is None:
            log.warning("task %s: %s", live.task, lost)
            return
        await self._store.change(lambda control: control.keep_output(live.task, live.attempt, output))

    async def _stored(self, live: LiveAttempt) -> tuple[Artifact | None, str]:
        """The output as a blob, or why there is none: a full store must not keep a task from ending."""
        try:
            return await trio.to_thread.run_sync(live.output_file.keep, self._shelf.blobs), ""
        except Refused as full:
            return None, f"its output was not kept: {full.message}"

    async def _abandon(self) -> None:
        """Cancel what this process was asked for and has not begun: nobody else will do it."""
        left = [r for r in await self._store.read(view.running) if self._boot in (r.waiter, r.boot)]
        if left:
            await self._store.change(
                lambda control: [control.apply(Cancel(task=r.task.id, at=stamp())) for r in left]
            )


def _finished(live: LiveAttempt, result: Result, made: Made, control: Control) -> None:
    """The worker's own fact, the command that ends the task, and where the output went."""
    control.fact("result.made", made.data, ref=made.ref)
    control.apply(Finish(task=live.task, at=stamp(), attempt=live.attempt, result=result))
    if result.output is not None:
        control.keep_output(live.task, live.attempt, result.output)
    if made.blob is not None:
        control.tx.hold(made.blob, f"task:{live.task}")


def _cancelled() -> bool:
    """Whether what runs here is being cancelled, and not failing by itself."""
    return trio.current_effective_deadline() == -math.inf
