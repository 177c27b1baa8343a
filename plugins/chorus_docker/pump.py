"""Moving bytes: from a program's stream to a sink, and from a file into its stdin."""

import os
from typing import BinaryIO, Final

import trio

from chorus_docker.stream import RawStream
from chorus_hooks.output import Stream
from chorus_hooks.sandbox import Sink

CHUNK: Final = 1 << 18


class Pump:
    """Moves the output of one command into its sink, up to `most` bytes.

    `over` is set when it said more, `error` to what the sink raised; both mean that the command has to die,
    and set `stopped`. `silent` is set at the end of the output. `busy` tells that the sink is at work.
    """

    def __init__(self, sink: Sink, most: int) -> None:
        self.size = 0
        self.over = False
        self.busy = False
        self.error: Exception | None = None
        self.stopped = trio.Event()
        self.silent = trio.Event()
        self._sink = sink
        self._most = most

    async def move(self, stream: RawStream) -> None:
        """Until the output ends or has to."""
        try:
            while not self.over and (pieces := await stream.receive()):
                for number, piece in pieces:
                    await self._pass(number, piece)
        except Exception as error:  # whatever the sink raises is the caller's to see
            self.error = error
        if self.over or self.error:
            self.stopped.set()
        self.silent.set()

    async def _pass(self, number: Stream, piece: bytes) -> None:
        admitted = min(len(piece), self._most - self.size)
        self.size += admitted
        self.over = self.over or admitted < len(piece)
        if admitted:
            self.busy = True
            await self._sink(number, piece[:admitted])
            self.busy = False


async def feed(source: BinaryIO, stream: RawStream) -> None:
    """Copy a file, pipe or terminal into a program's stdin until either ends."""
    descriptor = source.fileno()
    try:
        while piece := await _read(descriptor):
            await stream.send(piece)
    except OSError:
        return  # the program closed its stdin, or the terminal went away
    await stream.send_eof()


async def _read(descriptor: int) -> bytes:
    while True:
        try:
            await trio.lowlevel.wait_readable(descriptor)
        except PermissionError:  # a regular file, /dev/zero: always readable, and epoll refuses to wait
            return await trio.to_thread.run_sync(os.read, descriptor, CHUNK)
        try:
            return os.read(descriptor, CHUNK)
        except BlockingIOError:
            continue  # somebody else read it first
