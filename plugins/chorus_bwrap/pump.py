"""Moving bytes: from a command's pipes to a sink, and from a file into its stdin."""

import os
from typing import BinaryIO

import trio

from chorus_hooks.output import Stream
from chorus_hooks.sandbox import Sink

CHUNK = 1 << 17
"""Bytes read at once: few calls, and still in the processor's cache when the sink looks at them."""

PIPE_SIZE = 1 << 20
"""Linux lets a pipe grow this far without privileges."""

TAIL = 1000
"""Bytes of the last output that are kept to tell why a command could not be started."""


class Tally:
    """Counts what a command said on both streams against what it may say."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.size = 0
        self.over = False

    def admit(self, size: int) -> int:
        """How many of `size` more bytes may pass; fewer than asked for means that the cap was crossed."""
        admitted = min(size, self._most - self.size)
        self.size += admitted
        self.over = self.over or admitted < size
        return admitted


class Pump:
    """Moves both streams of one command into its sink, one call at a time, in the order they came.

    `stopped` is set when the command has to die: it said too much, or the sink failed with `error`.
    """

    def __init__(self, sink: Sink, most: int) -> None:
        self.tally = Tally(most)
        self.stopped = trio.Event()
        self.error: Exception | None = None
        self.tail = b""
        self._sink = sink
        self._turn = trio.Lock()

    async def move(self, number: Stream, source: trio.lowlevel.FdStream) -> None:
        """Move one stream to its end, to the cap, or to the sink's failure."""
        try:
            async with source:
                while not self.stopped.is_set() and (piece := await source.receive_some(CHUNK)):
                    await self._pass(number, piece)
        except Exception as error:  # whatever the sink raises is the caller's to see
            self.error = error
            self.stopped.set()

    async def _pass(self, number: Stream, piece: bytes) -> None:
        admitted = self.tally.admit(len(piece))
        self.tail = (self.tail + piece[-TAIL:])[-TAIL:]
        if admitted:
            async with self._turn:
                await self._sink(number, piece[:admitted])
        if self.tally.over:
            self.stopped.set()


async def feed(source: BinaryIO, into: trio.abc.SendStream) -> None:
    """Copy a file, pipe or terminal into a command's stdin until either ends.

    A copy, and never the file itself: through /proc a task could open that again, for writing.
    """
    descriptor = source.fileno()
    try:
        async with into:
            while True:
                await _readable(descriptor)
                try:
                    piece = os.read(descriptor, CHUNK)
                except BlockingIOError:
                    continue  # somebody else read it first
                if not piece:
                    return
                await into.send_all(piece)
    except (trio.BrokenResourceError, OSError):
        return  # the command closed its stdin, or the terminal went away


async def _readable(descriptor: int) -> None:
    try:
        await trio.lowlevel.wait_readable(descriptor)
    except PermissionError:  # a regular file, /dev/zero: always readable, and epoll refuses to wait
        await trio.lowlevel.checkpoint()
