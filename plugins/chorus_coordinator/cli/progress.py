"""What a person sees while a task runs: one live line on a terminal, else a plain line for each phase."""

import sys
import time
from typing import Final

import trio

from chorus_coordinator.cli.text import plain
from chorus_hooks.console import Console
from chorus_hooks.coordinator import TaskPhase

_TICK_S: Final = 0.25
_WIDTH: Final = 100


class Progress:
    """Shows phases on stderr. `clear` before anything else is written there."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._phase: TaskPhase | None = None
        self._shown = False

    def phase(self, phase: TaskPhase, *, after_open_line: bool) -> None:
        """A phase begins. A live line never overwrites a line that the task has not ended."""
        if not self._console.live:
            self._console.note(f"chorus: {phase.phase}: {plain(phase.text)}")
            return
        self.clear()
        self._phase = None if phase.phase == "running" else phase
        if after_open_line:
            sys.stderr.write("\n")
        self._draw()

    def clear(self) -> None:
        """Take the live line away."""
        if self._shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
            self._shown = False

    def output_follows(self) -> None:
        """The task prints: no live line until the next phase."""
        self._phase = None
        self.clear()

    def end(self, *, after_open_line: bool) -> None:
        """No more phases: what is written next begins a line of its own."""
        self.output_follows()
        if self._console.live and after_open_line:
            sys.stderr.write("\n")

    async def tick(self) -> None:
        """Keep the seconds going, until cancelled."""
        while True:
            await trio.sleep(_TICK_S)
            if self._shown:
                self._draw()

    def _draw(self) -> None:
        self.clear()
        if self._phase is not None:
            seconds = time.monotonic() - self._began
            text = f"{self._phase.phase} {seconds:4.1f} s  {plain(self._phase.text)}"
            sys.stderr.write(f"\x1b[2m{text[:_WIDTH]}\x1b[0m")
            sys.stderr.flush()
            self._shown = True
