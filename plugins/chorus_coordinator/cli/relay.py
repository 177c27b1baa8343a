"""Passes a task's output on to this process's own stdout and stderr, as bytes."""

import os
import sys
from typing import TextIO

import trio

from chorus_hooks.errors import ChorusError
from chorus_hooks.output import STDOUT, Stream


class Relay:
    """Writes off the trio thread: a reader that is slow holds the task back, and no timer.

    With `aside` both streams go to stderr, because stdout carries a document. `open_line` tells that
    the last thing written to stderr's terminal was no whole line.
    """

    def __init__(self, *, aside: bool = False) -> None:
        self._files: dict[int, TextIO] = {1: sys.stderr if aside else sys.stdout, 2: sys.stderr}
        self.open_line = False

    async def write(self, stream: Stream, data: bytes) -> None:
        """Write a piece. Raises BrokenPipeError when the reader has gone away."""
        file = self._files[stream]
        # A thread that hangs in a full pipe is left behind on Ctrl-C: it ends with the process.
        await trio.to_thread.run_sync(_write_all, file.fileno(), data, abandon_on_cancel=True)
        if data:
            self.open_line = not data.endswith(b"\n")


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except BrokenPipeError:
        raise
    except OSError as error:
        name = "stdout" if descriptor == STDOUT else "stderr"
        raise ChorusError(f"the output cannot be written to {name}: {error.strerror}") from error
