"""The check `clock`: it is not far in the past, is kept right by the network, and did not jump."""

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import trio.lowlevel

from chorus_hooks.health import Check, Finding
from chorus_hooks.service import Capabilities

EARLIEST: Final = datetime(2025, 11, 1, tzinfo=UTC)
"""CHORUS was not written yet: a clock that is behind this was never set."""

A_STEP_S: Final = 5.0
"""Clocks that are only corrected gain or lose milliseconds between two looks."""

TOLD_FOR_S: Final = 600.0
"""How long a step stays a warning, so that somebody who looks now and then sees it."""

CURE: Final = "let the machine keep its clock: timedatectl set-ntp true, or chrony"

_TIME_ERROR: Final = 5
_TIMEX_SIZE: Final = 256


@dataclass
class ClockWatch:
    """Compares the wall clock with one that nobody sets, from look to look. Pure: gets both as numbers.

    `steady` counts sleep too (CLOCK_BOOTTIME), or every suspended laptop would seem to have jumped.
    """

    offset: float | None = None
    step: float = 0.0
    stepped_at: float = float("-inf")

    def look(self, wall: float, steady: float, *, synchronised: bool | None) -> Finding:
        """What the two clocks say now; `synchronised` is None when nobody knows."""
        offset = wall - steady
        if self.offset is not None and abs(offset - self.offset) > A_STEP_S:
            self.step, self.stepped_at = offset - self.offset, steady
        self.offset = offset
        if wall < EARLIEST.timestamp():
            return Finding("failed", f"the clock says {_told(wall)}, which is in the past", CURE)
        if steady - self.stepped_at < TOLD_FOR_S:
            at = _told(offset + self.stepped_at)
            return Finding("warning", f"the clock was set {self.step:+.0f} s, noticed at {at}", CURE)
        if synchronised is False:
            return Finding("warning", "the clock is kept right by nobody (not synchronised)", CURE)
        return Finding("ok", "the clock is set" + (", and synchronised" if synchronised else ""))


def synchronised() -> bool | None:
    """Whether the kernel is told the time by NTP (adjtimex(2), read only). None when it does not say."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_SIZE))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _TIME_ERROR


def clock_check(
    wall: Callable[[], float] = time.time,
    steady: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
) -> Check:
    """Cheap. Between two looks a step cannot hide: it is seen at the next one."""
    watch = ClockWatch()

    async def probe(_: Capabilities) -> Finding:
        await trio.lowlevel.checkpoint()
        return watch.look(wall(), steady(), synchronised=synchronised())

    return Check("clock", probe, every=10.0)


def _told(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
