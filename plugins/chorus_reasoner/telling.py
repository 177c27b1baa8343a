"""What people see of the loop, live: the model's words on stdout, its actions and outcomes on stderr."""

from collections.abc import Callable
from typing import Final

from chorus_hooks.executor import Report
from chorus_hooks.output import STDERR, STDOUT
from chorus_reasoner.action import Deed, headline
from chorus_reasoner.event import Parted, Seen
from chorus_reasoner.excerpt import visible

_PIECE: Final = 1024
_EVERY_S: Final = 0.05
_LINE: Final = 200
_MOST_LINES: Final = 100


class Teller:
    """Tells a report. Words are gathered a little, so that each is no frame of its own."""

    def __init__(self, report: Report, now: Callable[[], float]) -> None:
        self._report = report
        self._now = now
        self._waiting = ""
        self._told_at = float("-inf")
        self._open_line = False

    async def thinking(self, step: int, model: str) -> None:
        """A model is asked."""
        await self._report.phase("thinking", f"step {step}: {model}")

    async def words(self, piece: str) -> None:
        """The model speaks."""
        self._waiting += piece
        if self._now() - self._told_at >= _EVERY_S or len(self._waiting) >= _PIECE:
            await self._say()

    async def spoken(self) -> None:
        """It has ended, or was cut."""
        await self._say()
        self._told_at = float("-inf")  # the first word of the next reply does not wait
        if self._open_line:
            await self._report.output(STDOUT, b"\n")
            self._open_line = False

    async def acting(self, step: int, deed: Deed) -> None:
        """Something is done."""
        await self._report.phase("acting", f"step {step}")
        await self.note(f"[{step}] {_line(headline(deed))}")

    async def lent(self, step: int) -> None:
        """An agent has its reply, and works with it."""
        await self._report.phase("acting", f"step {step}: the agent works")

    async def seen(self, step: int, deed: Deed, seen: Seen) -> None:
        """What came of it; what a command printed has been shown by the bench."""
        if seen.ended == "exited":
            outcome = f"exit {seen.code}"
        else:
            outcome = f"{seen.ended}: {_line(seen.text)}" if seen.ended == "refused" else seen.ended
        await self.note(f"[{step}] {outcome}, {seen.wall_s:.1f} s")

    async def parted(self, step: int, parted: Parted) -> None:
        """What came of a split, line by line."""
        for line in parted.text.splitlines()[:_MOST_LINES]:
            await self.note(f"[{step}] {_line(line)}")

    async def note(self, text: str) -> None:
        """One line of ours."""
        await self.spoken()
        await self._report.output(STDERR, f"{visible(text)}\n".encode())

    async def _say(self) -> None:
        if self._waiting:
            text, self._waiting = visible(self._waiting), ""
            self._told_at = self._now()
            self._open_line = not text.endswith("\n")
            await self._report.output(STDOUT, text.encode())


def _line(text: str) -> str:
    return visible(text).replace("\n", " ")[:_LINE]
