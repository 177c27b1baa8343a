"""Counts how the tasks of this process ended. Told by a hook, read by `/metrics`; imports nothing heavy."""

import threading
from bisect import bisect_left
from collections import Counter
from datetime import datetime
from typing import Final

from chorus_hooks.task import TERMINAL, Task

BOUNDS_S: Final = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0)
"""Upper bounds of the histogram's buckets, in seconds."""


class TaskOutcomes:
    """How many tasks ended in which way, and how long they took. Any thread may tell, any may read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended: Counter[tuple[str, str]] = Counter()
        self._buckets = [0] * (len(BOUNDS_S) + 1)
        self._sum_s = 0.0

    def changed(self, task: Task) -> None:
        """A task changed; its last change is counted."""
        if task.state not in TERMINAL:
            return
        reason = task.result.reason if task.result else "cancelled"
        seconds = _seconds(task)
        with self._lock:
            self._ended[task.state, reason] += 1
            self._buckets[bisect_left(BOUNDS_S, seconds)] += 1
            self._sum_s += seconds

    def ended(self) -> dict[tuple[str, str], int]:
        """By state and reason."""
        with self._lock:
            return dict(self._ended)

    def durations(self) -> tuple[list[tuple[str, float]], float]:
        """Cumulative buckets by upper bound, and the sum of all (s)."""
        with self._lock:
            counts, total = list(self._buckets), self._sum_s
        names = [*(f"{bound:g}" for bound in BOUNDS_S), "+Inf"]
        return [(name, float(sum(counts[: i + 1]))) for i, name in enumerate(names)], total


def _seconds(task: Task) -> float:
    """From its submission to its end; 0 when a clock was set back, or a time is not known."""
    try:
        took = datetime.fromisoformat(task.ended_at or "") - datetime.fromisoformat(task.submitted_at)
    except ValueError:
        return 0.0
    return max(0.0, took.total_seconds())


OUTCOMES: Final = TaskOutcomes()
"""Those of this process: a hook has no service that it could ask for them."""
