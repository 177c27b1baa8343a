"""The one thread of this process that writes to the journal, and the queue before it."""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

import trio

from chorus_hooks.journal import Transaction
from chorus_journal.group import Work

T = TypeVar("T")

QUEUE: Final = 1024
"""Jobs that may wait. Further callers wait before they queue, in the order in which they came."""
GROUP: Final = 256
"""Jobs in one commit at most, so that the first of them is not kept waiting by the last."""


@dataclass(eq=False)
class _Request(Work):
    done: trio.Event = field(default_factory=trio.Event)
    abandoned: bool = False


Commit = Callable[[Sequence[Work]], None]
"""Runs jobs and makes them durable, or fails them all. Blocks."""


class Queue(Protocol):
    """Where jobs wait to be committed."""

    @property
    def committed(self) -> trio.Event:
        """Set at the end of the next group."""
        ...

    async def submit(self, job: Callable[[Transaction], T]) -> T:
        """Returns when the job is durable. Raises what it raised."""
        ...

    async def aclose(self) -> None:
        """Finish what was taken."""
        ...


class Writer:
    """Collects what waits into groups and lets `commit` run them. Made and used under trio."""

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._slots = trio.Semaphore(QUEUE)
        self._queue: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._token = trio.lowlevel.current_trio_token()
        self._closing = False
        self._ended = trio.Event()
        self._committed = trio.Event()
        threading.Thread(target=self._run, name="journal-writer", daemon=True).start()

    @property
    def committed(self) -> trio.Event:
        """Set at the end of the next group."""
        return self._committed

    async def submit(self, job: Callable[[Transaction], T]) -> T:
        """Run `job` in the thread; returns when its group is durable. Raises what the job raised.

        When the caller is cancelled, a job that has not begun never runs, one that has may commit.
        """
        await self._slots.acquire()
        request = _Request(job)
        if self._closing:
            self._slots.release()
            raise RuntimeError("the journal is closed")
        self._queue.put(request)
        try:
            await request.done.wait()
        finally:
            request.abandoned = True
        if request.error is not None:
            raise request.error
        value: T = request.value
        return value

    async def aclose(self) -> None:
        """Take no further jobs, finish those that were taken, end the thread."""
        if not self._closing:
            self._closing = True
            self._queue.put(None)
        await self._ended.wait()

    def _run(self) -> None:
        going = True
        while going:
            taken = self._take()
            going = taken[-1] is not None
            requests = [request for request in taken if request is not None]
            group = [request for request in requests if not request.abandoned]
            if group:
                self._commit(group)
            self._tell(requests)
        self._soon(self._ended.set)

    def _take(self) -> list[_Request | None]:
        taken = [self._queue.get()]
        while taken[-1] is not None and len(taken) < GROUP:
            try:
                taken.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return taken

    def _tell(self, requests: Sequence[_Request]) -> None:
        def tell() -> None:
            for request in requests:
                self._slots.release()
                request.done.set()
            self._committed.set()
            self._committed = trio.Event()

        self._soon(tell)

    def _soon(self, call: Callable[[], object]) -> None:
        try:
            self._token.run_sync_soon(call)
        except trio.RunFinishedError:
            return  # nobody is left to be told
