"""Runs what was assigned to this process, and only what is committed."""

import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO, Final

import trio

from chorus_coordinator import backlog, held, view
from chorus_coordinator.attempt import STOP_S, Attempt, Workplace
from chorus_coordinator.capacity import Capacity
from chorus_coordinator.clock import stamp
from chorus_coordinator.control import Assign, Cancel
from chorus_coordinator.ledger import Ledger
from chorus_coordinator.live import LiveAttempt
from chorus_coordinator.news import PAGE, changed_tasks
from chorus_coordinator.recovery import lose
from chorus_coordinator.rules import Changed, Record
from chorus_coordinator.shelf import Kept, Shelf
from chorus_coordinator.store import Control, Store
from chorus_hooks.errors import ChorusError
from chorus_hooks.executor import Executor
from chorus_hooks.journal import Reader
from chorus_hooks.quantity import parse_size

log = logging.getLogger(__name__)

POLL_S: Final = 0.2
"""How soon a change that another process commits is seen while something runs here, to kill what was
cancelled. One indexed read each time: 0.2 % of a core."""

LOOK_S: Final = 1.0
"""The same while nothing runs here."""

LONGEST_PAUSE_S: Final = 30.0
"""Between two tries of a disk that fails."""

DEFAULT_OUTPUT: Final = 10 << 20
REMEMBERED: Final = 64
"""Ended attempts whose phases are kept for who looks a moment too late."""


@dataclass
class Look:
    """What a worker sees: how far the control log goes, what changed, what this process has, what waits."""

    newest: int
    changed: set[str]
    held: dict[str, int]
    fresh: list[Record] = field(default_factory=list)
    waiting: bool = False


class Worker:
    """Takes up to `slots()` attempts at once. `peer_id` and `boot` are who runs them.

    A `serving` process takes what nobody waits for; any process takes what it waits for itself.
    """

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        executor: Executor,
        *,
        peer_id: str,
        boot: str,
        slots: Callable[[], int],
        ledger: Ledger,
        serving: bool,
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._peer_id = peer_id
        self._boot = boot
        self._slots = slots
        self._ledger = ledger
        self._serving = serving
        self._capacity = Capacity(executor, self.wake)
        self._place = Workplace(store, shelf, executor, self._capacity, peer_id, boot, self.assign)
        self._live: dict[str, LiveAttempt] = {}
        self._ended: deque[LiveAttempt] = deque(maxlen=REMEMBERED)
        self._broken: set[tuple[str, int]] = set()
        self._stdin: dict[str, BinaryIO] = {}
        self._looked = store.news.newest
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
        """Assign tasks to this process, as long as there are slots: parts first, by priority, then by age."""
        taker = self._taker()
        while waiting := backlog.waiting(control.tx, taker, self._room(control.tx)):
            for task, attempt in waiting:
                if not held.hold_back(control.tx, self._ledger, taker, task):
                    self._assign(control, task, attempt + 1)

    def _room(self, reader: Reader) -> backlog.Room:
        return backlog.room(reader, self._boot, self._slots())

    def _assign(self, control: Control, task: str, attempt: int) -> None:
        command = Assign(task=task, at=stamp(), attempt=attempt, worker=self._peer_id, boot=self._boot)
        outcome = control.apply(command)
        assert isinstance(outcome, Changed), "the queue holds what can be assigned"

    async def run(self) -> None:
        """Work until cancelled; then what runs is killed, and what becomes of its task is committed."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._capacity.watch)
                pause = 0.0
                while True:
                    pause = await self._step(nursery, pause)
                    with trio.move_on_after(pause or (POLL_S if self._live else LOOK_S)):
                        await self._wake.wait()
                    self._wake = trio.Event()
        finally:
            with trio.CancelScope(deadline=trio.current_time() + STOP_S, shield=True):
                await self._abandon()

    async def _step(self, nursery: trio.Nursery, pause: float) -> float:
        """Do what there is to do. A disk that fails gives the pause before the next try, which grows."""
        try:
            look = await self._store.read(self._look)
            self._tell(look)
            if look.waiting:
                look = await self._store.change(self._take)
            for live in self._live.values():
                if look.held.get(live.task) != live.attempt:
                    live.scope.cancel()  # the task is not ours any more; nothing, when it has ended
            for record in look.fresh:
                self._begin(nursery, record)
        except (ChorusError, OSError) as error:
            log.warning("tasks cannot be begun right now: %s", error)
            return min(max(1.0, 2 * pause), LONGEST_PAUSE_S)
        return 0.0

    def _look(self, reader: Reader) -> Look:
        newest, changed = changed_tasks(reader, self._looked)
        look = Look(newest, changed, backlog.held(reader, self._boot))
        taker = self._taker()
        waits = backlog.waiting(reader, taker, self._room(reader)) or held.free(reader, self._ledger, taker)
        look.waiting = bool(waits)
        self._find_fresh(reader, look)
        return look

    def _take(self, control: Control) -> Look:
        held.release(control.tx, self._ledger, self._taker())
        self.assign(control)
        look = Look(0, set(), backlog.held(control.tx, self._boot))
        self._find_fresh(control.tx, look)
        return look

    def _find_fresh(self, reader: Reader, look: Look) -> None:
        """Add the committed assignments of this process that do not run yet."""
        for task, attempt in look.held.items():
            if task not in self._live and (task, attempt) not in self._broken:
                record = view.find(reader, task)
                if record is not None:
                    look.fresh.append(record)

    def _tell(self, look: Look) -> None:
        """Let others know what changed, also by other processes."""
        if look.newest - self._looked >= PAGE:
            self.wake()
        self._looked = look.newest
        self._store.news.tell(look.newest, look.changed)

    def _taker(self) -> backlog.Taker:
        return backlog.Taker(self._boot, self._serving, self._capacity.ok)

    def _begin(self, nursery: trio.Nursery, record: Record) -> None:
        task = record.task
        given = task.document.limits.output
        # Commands and verify commands may each print up to the limit, and the executor enforces that;
        # twice as much bounds the file whatever the executor does.
        limit = 2 * (parse_size(given) if given else DEFAULT_OUTPUT)
        output = self._shelf.begin(task.id, task.attempt, limit)
        live = LiveAttempt(task.id, task.attempt, output, partial(self._store.news.ring, task.id))
        self._live[task.id] = live
        self._store.news.ring(task.id)
        nursery.start_soon(self._attempt, live, record)

    async def _attempt(self, live: LiveAttempt, record: Record) -> None:
        try:
            if not await Attempt(self._place, record, live, self._stdin.get(live.task)).run():
                self._broken.add((live.task, live.attempt))
        finally:
            live.output_file.close()
            self._shelf.drop(live.task, live.attempt)
            self._ended.appendleft(self._live.pop(live.task))
            self._stdin.pop(live.task, None)
            live.end()
        self.wake()

    async def _abandon(self) -> None:
        """What this process has and has not begun. Nobody else does what it was asked for itself; the rest
        goes back to the queue."""
        try:
            left = await self._store.read(lambda reader: backlog.hanging_on(reader, [self._boot]))
            if left:
                await self._store.change(lambda control: self._leave(control, left))
        except ChorusError as error:
            log.warning("the next start will end what this process leaves: %s", error.message)

    def _leave(self, control: Control, records: Iterable[Record]) -> None:
        for record in records:
            task = record.task
            if record.waiter == self._boot:
                control.apply(Cancel(task=task.id, at=stamp()))
            else:
                lose(task.id, task.attempt, self._boot, Kept(), control, died=False)
