"""One way from a host to another: all connections between them share it, and its faults."""

import random
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

import trio

from chorus.testing.memory.conditions import Conditions
from chorus.testing.memory.host import Host
from chorus.testing.memory.timeline import Timeline

_FROZEN: Final = 1024  # messages that wait for a frozen peer, as in the queue of a gossip router

Act = Callable[[], None]


class Path:
    """Carries what arrives as callbacks at the far end.

    A path that is blocked or frozen keeps what must arrive (TCP sends it again) and loses what need not.
    """

    def __init__(
        self, timeline: Timeline, rng: random.Random, source: Host, target: Host, conditions: Conditions
    ) -> None:
        self.conditions = conditions
        self._timeline = timeline
        self._random = rng
        self._source = source
        self._target = target
        self._blocked = False
        self._queue: deque[tuple[float, Act]] = deque()
        self._kept: deque[Act] = deque(maxlen=_FROZEN)
        self._free_at = 0.0

    @property
    def blocked(self) -> bool:
        """Whether bytes vanish on this way."""
        return self._blocked

    def block(self) -> None:
        """From now on bytes vanish, those on their way too."""
        self._blocked = True

    def unblock(self) -> None:
        """Carry again; what was held back comes now."""
        if self._blocked:
            self._blocked = False
            self.resume()

    def resume(self) -> None:
        """Go on after an end was thawed."""
        self._timeline.at(trio.current_time() + self._trip(), self._drain)

    def carry(self, size: int, act: Act) -> None:
        """Something that arrives after all that was carried before it."""
        arrival = self._sent_at(size) + self._trip()
        self._queue.append((arrival, act))
        self._timeline.at(arrival, self._drain)

    def toss(self, size: int, act: Callable[[bool], None]) -> None:
        """Something that arrives early, late, never, or twice; `act` is told whether it is again."""
        sent_at = self._sent_at(size)
        if self._chance(self.conditions.loss) or self._blocked:
            return
        self._timeline.at(sent_at + self._trip(), lambda: self._land(partial(act, False)))
        if self._chance(self.conditions.duplicate):
            self._timeline.at(sent_at + self._trip(), lambda: self._land(partial(act, True)))

    @property
    def _stopped(self) -> bool:
        return self._blocked or self._source.frozen or self._target.frozen

    def _sent_at(self, size: int) -> float:
        self._free_at = max(self._free_at, trio.current_time()) + size / self.conditions.bandwidth
        return self._free_at

    def _trip(self) -> float:
        jitter = self.conditions.jitter
        return self.conditions.delay + (self._random.uniform(0, jitter) if jitter else 0.0)

    def _chance(self, share: float) -> bool:
        return share > 0 and self._random.random() < share

    def _drain(self) -> None:
        while self._kept and not self._stopped:
            self._kept.popleft()()
        while self._queue and not self._stopped and self._queue[0][0] <= trio.current_time():
            _, act = self._queue.popleft()
            act()

    def _land(self, act: Act) -> None:
        if self._blocked:
            return
        if self._stopped:
            self._kept.append(act)
        else:
            act()
