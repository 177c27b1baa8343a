"""A simulated disk under the journal: what is written is durable after its own sync, and lost before."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import trio

from chorus_hooks.errors import ChorusError
from chorus_hooks.journal import Transaction
from chorus_journal.group import Work
from chorus_journal.writer import Commit

T = TypeVar("T")

SLOWEST_S: Final = 0.5
"""Of one sync, in seconds."""


@dataclass(eq=False)
class _Write(Work):
    done: trio.Event = field(default_factory=trio.Event)


class Disk:
    """Implements `chorus_journal.writer.Queue` for one life of a node.

    A group of writes waits for its sync, then happens as a whole, is seen and is acknowledged. Who cuts the
    power before that has lost it, with whatever waits for it. A disk that lies does all of that before the
    sync: `image` tells its state, so that what was lost can be put back.
    """

    def __init__(self, commit: Commit, rng: random.Random, image: Callable[[], bytes], *, lies: bool) -> None:
        self.lost: bytes | None = None
        """What is there when the power goes off now; None when it is what was said to be there."""
        self._commit = commit
        self._random = rng
        self._image = image
        self._lies = lies
        self._writes: list[_Write] = []
        self._news = trio.lowlevel.ParkingLot()
        self._off = False
        self._committed = trio.Event()

    @property
    def committed(self) -> trio.Event:
        """Set at the end of the next group."""
        return self._committed

    async def submit(self, job: Callable[[Transaction], T]) -> T:
        """Returns when the job is durable, or said to be. Raises what it raised."""
        if self._off:
            raise ChorusError("the power is off")
        write = _Write(job)
        self._writes.append(write)
        self._news.unpark_all()
        await write.done.wait()
        if write.error is not None:
            raise write.error
        value: T = write.value
        return value

    async def run(self) -> None:
        """Sync one group after the other, until cancelled."""
        while True:
            while not self._writes:
                await self._news.park()
            if self._lies:
                self.lost = self._image()
                self._happen(len(self._writes))
                await self._sync()
                self.lost = None
            else:
                group = len(self._writes)
                await self._sync()
                self._happen(group)

    def cut_power(self) -> None:
        """Nothing more becomes durable."""
        self._off = True
        for write in self._writes:
            write.error = ChorusError("the power went off")
            write.done.set()
        self._writes.clear()

    async def aclose(self) -> None:
        """As `Queue` has it; here a life ends by `cut_power` only."""
        await trio.lowlevel.checkpoint()

    async def _sync(self) -> None:
        await trio.sleep(self._random.uniform(0, SLOWEST_S))

    def _happen(self, count: int) -> None:
        group, self._writes = self._writes[:count], self._writes[count:]
        if self._off or not group:
            return
        self._commit(group)
        for write in group:
            write.done.set()
        self._committed.set()
        self._committed = trio.Event()
