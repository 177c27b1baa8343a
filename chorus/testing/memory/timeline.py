"""What happens when: callbacks on trio's clock, those of one moment in the order in which they were given."""

import heapq
import math
from collections.abc import Callable

import trio


class Timeline:
    """Calls back when it is time. `run` must be running; a callback may neither block nor raise."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._given = 0
        self._sooner = trio.lowlevel.ParkingLot()

    def at(self, when: float, act: Callable[[], None]) -> None:
        """Call `act` at a trio time; soon, when that is past."""
        entry = (when, self._given, act)
        self._given += 1
        heapq.heappush(self._waiting, entry)
        if self._waiting[0] is entry:
            self._sooner.unpark_all()

    async def run(self) -> None:
        """Call back until cancelled."""
        while True:
            while self._waiting and self._waiting[0][0] <= trio.current_time():
                _, _, act = heapq.heappop(self._waiting)
                act()
            with trio.move_on_at(self._waiting[0][0] if self._waiting else math.inf):
                await self._sooner.park()
