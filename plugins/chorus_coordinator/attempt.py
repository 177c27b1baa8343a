"""One attempt that this process runs: from its start to its committed end, whatever happens on the way."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Final, TypeVar

import msgspec
import trio

from chorus_coordinator.capacity import Capacity
from chorus_coordinator.clock import stamp
from chorus_coordinator.control import Finish
from chorus_coordinator.live import LiveAttempt
from chorus_coordinator.made import Made, made_fact
from chorus_coordinator.recovery import lose
from chorus_coordinator.reporter import Reporter
from chorus_coordinator.rules import Record
from chorus_coordinator.shelf import Kept, Shelf
from chorus_coordinator.store import TERM, Control, Store
from chorus_coordinator.view import is_special, set_soft_state
from chorus_hooks.errors import ChorusError, Refused
from chorus_hooks.executor import Assignment, Executor
from chorus_hooks.failpoint import failpoint
from chorus_hooks.log_context import bind
from chorus_hooks.task import Result, Thinking, Usage
from chorus_hooks.traceparent import trace_id

T = TypeVar("T")

log = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0

STOP_S: Final = 5.0
"""Committing an end while the process stops takes two syncs; a disk that needs longer is broken, and then
the next start finds that the attempt was lost."""

_STOPPED: Final = "the process that ran it was stopped"


@dataclass(frozen=True)
class Workplace:
    """Where attempts run: what they use, who runs them, and `assign`, which gives a free slot to the next."""

    store: Store
    shelf: Shelf
    executor: Executor
    capacity: Capacity
    peer_id: str
    boot: str
    assign: Callable[[Control], None]


class Attempt:
    """One attempt of a task, run once."""

    def __init__(
        self, place: Workplace, record: Record, live: LiveAttempt, stdin: BinaryIO | None = None
    ) -> None:
        self._place = place
        self._record = record
        self._live = live
        self._stdin = stdin
        self._goal = record.task.document.kind == "goal"
        self._began = trio.current_time()

    async def run(self) -> bool:
        """Whether it ended as it should. A bug is logged: it must not take the other tasks with it."""
        trace = self._record.task.traceparent
        with bind(task=self._live.task, **({"trace_id": trace_id(trace)} if trace else {})):
            for ending in (self._run, self._fail):
                try:
                    await ending()
                except Exception:
                    log.exception("attempt %d failed", self._live.attempt)
                else:
                    return True
        return False

    async def _run(self) -> None:
        ended = False
        try:
            with self._live.scope:
                await self._end(await self._worked())
                ended = True
            if not ended:
                await self._keep()
        except BaseException:
            if _cancelled():
                with trio.CancelScope(deadline=trio.current_time() + STOP_S, shield=True):
                    await self._stop()
            raise

    async def _fail(self) -> None:
        await self._finish(self._result("a bug in CHORUS; its log says more"))

    async def _worked(self) -> Result:
        """Execute, once it is committed that the attempt starts."""
        await self._commit(self._started)
        failpoint("coordinator.started")
        document = self._record.task.document
        grows = self._place.shelf.transcript(self._live.task, self._live.attempt) if self._goal else None
        work = Assignment(self._live.task, self._live.attempt, document, self._stdin, grows)
        try:
            return await self._place.executor.execute(work, Reporter(self._live, self._place.store))
        except ChorusError as error:
            detail = f"{error.message}; {error.hint}" if error.hint else error.message
        except Exception as error:
            log.exception("the executor failed")
            detail = f"a bug in the executor: {type(error).__name__}: {error}"
        return self._result(detail)

    def _started(self, control: Control) -> None:
        task, attempt = self._live.task, self._live.attempt
        control.fact("attempt.started", {"task": task, "attempt": attempt, "boot": self._place.boot})
        set_soft_state(control.tx, task, attempt, "running")

    async def _end(self, result: Result) -> None:
        """Commit what came out; a task that may wait for a sandbox goes back when there is none for any."""
        plain = self._record.waiter is None and not is_special(self._record.task.document)
        if plain and result.reason == "sandbox_unavailable" and await self._place.capacity.lost():
            await self._commit(partial(self._give_back, Kept()))
        else:
            await self._finish(result, self._place.assign)

    async def _stop(self) -> None:
        """The process stops. Who waited here is told; a task that nobody waits for goes back to the queue."""
        try:
            if self._record.waiter is not None:
                result = msgspec.structs.replace(self._result(_STOPPED), reason="cancelled")
                await self._finish(result)
            else:
                kept, _ = await self._stored()
                await self._place.store.change(partial(self._give_back, kept))
        except ChorusError as error:
            log.warning(
                "the next start will tell how attempt %d ended: %s", self._live.attempt, error.message
            )

    async def _finish(self, result: Result, then: Callable[[Control], None] | None = None) -> None:
        """Commit a result with what was told. When the task has ended already, only the latter is kept."""
        thinking = result.thinking
        kept, lost = await self._stored(transcript=thinking is None or thinking.transcript is None)
        if kept.transcript is not None:
            thinking = msgspec.structs.replace(thinking or Thinking(), transcript=kept.transcript)
        whole = msgspec.structs.replace(
            result,
            detail="; ".join(filter(None, (result.detail, lost))),
            attempt=self._live.attempt,
            worker=self._place.peer_id,
            term=TERM,
            output=kept.output,
            thinking=thinking,
        )
        made = await trio.to_thread.run_sync(made_fact, self._place.shelf.blobs, self._live.task, whole)
        failpoint("coordinator.result.before")
        await self._commit(partial(self._finished, whole, made, then))
        failpoint("coordinator.result.after")

    def _finished(
        self, result: Result, made: Made, then: Callable[[Control], None] | None, control: Control
    ) -> None:
        """The worker's own fact, the command that ends the task, where the output went, and what is next."""
        task, attempt = self._live.task, self._live.attempt
        control.fact("result.made", made.data, ref=made.ref)
        control.apply(Finish(task=task, at=stamp(), attempt=attempt, result=result))
        kept = Kept(result.output, None if result.thinking is None else result.thinking.transcript)
        if kept:
            control.keep(task, attempt, kept)
        if made.blob is not None:
            control.tx.hold(made.blob, f"task:{task}")
        if then is not None:
            then(control)

    def _give_back(self, kept: Kept, control: Control) -> None:
        lose(self._live.task, self._live.attempt, self._place.boot, kept, control, died=False)

    async def _keep(self) -> None:
        """Keep what an attempt told whose task was ended by somebody else."""
        kept, lost = await self._stored()
        if lost:
            log.warning(lost)
        if kept:
            await self._commit(lambda control: control.keep(self._live.task, self._live.attempt, kept))

    async def _stored(self, *, transcript: bool = True) -> tuple[Kept, str]:
        """What was told as blobs, or why there are none: a full store must not keep a task from ending."""
        shelf, live = self._place.shelf, self._live
        try:
            output = await trio.to_thread.run_sync(live.output_file.keep, shelf.blobs)
        except Refused as full:
            return Kept(), f"its output was not kept: {full.message}"
        if not (transcript and self._goal):
            return Kept(output), ""
        try:
            told = await trio.to_thread.run_sync(shelf.keep_transcript, live.task, live.attempt)
        except Refused as full:
            return Kept(output), f"its transcript was not kept: {full.message}"
        return Kept(output, told), ""

    async def _commit(self, job: Callable[[Control], T]) -> T:
        """Commit for certain: a disk that is full is tried again, with growing pauses, until it is not."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                return await self._place.store.change(job)
            except ChorusError as error:
                log.warning("it is committed later: %s", error.message)
            await trio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _result(self, detail: str) -> Result:
        """How an attempt ends that nobody saw to its end."""
        wall_s = trio.current_time() - self._began
        usage = Usage(wall_s=wall_s, output_bytes=self._live.output_file.printed)
        return Result(reason="interrupted", detail=detail, usage=usage)


def _cancelled() -> bool:
    """Whether what runs here is being cancelled, and not failing by itself."""
    return trio.current_effective_deadline() == -math.inf
