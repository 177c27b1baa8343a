"""A task's output on this process's own stdout and stderr, as bytes."""

import os
import sys

import trio

from chorus_hooks.output import STDOUT, Stream


class Stdio:
    """Writes off the trio thread, so that a slow reader stops no timer. With `aside`, all to stderr."""

    def __init__(self, *, aside: bool) -> None:
        self._out = sys.stderr.fileno() if aside else sys.stdout.fileno()
        self._err = sys.stderr.fileno()

    async def write(self, stream: Stream, data: bytes) -> None:
        """Write all of it. Raises BrokenPipeError when the reader went away."""
        target = self._out if stream == STDOUT else self._err
        await trio.to_thread.run_sync(_write_all, target, data, abandon_on_cancel=True)


def _write_all(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]
