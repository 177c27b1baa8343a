"""Passes a task's output on to this process's own stdout and stderr, as bytes."""

import os
import select
import sys
from typing import TextIO

import trio

from chorus_hooks.errors import ChorusError
from chorus_hooks.output import STDOUT, Stream


class Relay:
    """Writes off the trio thread: a reader that is slow holds the task back, and no timer.

    With `aside` both streams go to stderr, because stdout carries a document.
    """

    def __init__(self, *, aside: bool = False) -> None:
        self._files: dict[int, TextIO] = {1: sys.stderr if aside else sys.stdout, 2: sys.stderr}
        self._open_line = False

    async def write(self, stream: Stream, data: bytes) -> None:
        """Write a piece. Raises BrokenPipeError when the reader has gone away."""
        file = self._files[stream]
        # A thread that hangs in a full pipe is left behind on Ctrl-C: it ends with the process.
        await trio.to_thread.run_sync(_write_all, file.fileno(), data, abandon_on_cancel=True)
        if data:
            self._open_line = not data.endswith(b"\n")

    def leave_line(self) -> bool:
        """Whether what was written ends in the middle of a line; asking again after it is answered: no."""
        open_line, self._open_line = self._open_line, False
        return open_line


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    try:
        while view:
            try:
                view = view[os.write(descriptor, view) :]
            except BlockingIOError:  # whoever gave us this pipe made it non-blocking
                select.select([], [descriptor], [])
    except BrokenPipeError:
        raise
    except OSError as error:
        name = "stdout" if descriptor == STDOUT else "stderr"
        raise ChorusError(f"the output cannot be written to {name}: {error.strerror}") from error
