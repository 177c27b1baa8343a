"""Files in and out of a box, as tar archives that only programs inside of it unpack and pack."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

import trio

from chorus_docker.body import KEEPER, TASK
from chorus_docker.engine import Engine
from chorus_docker.program import Program, State, create_program
from chorus_docker.pump import Pump
from chorus_docker.stream import RawStream
from chorus_hooks.errors import ChorusError, Refused, Unreachable, UsageError
from chorus_hooks.output import STDOUT, Stream
from chorus_hooks.sandbox import DATA, INPUT

TRANSFER_S: Final = 600.0
"""Files move at about 100 MB/s through memory; this only ends an engine that hangs."""

LAST_WORDS_S: Final = 1.0
"""What tar says about its failure comes with its end, not after it."""

CHUNK: Final = 1 << 20
SAID: Final = 4096

# Nothing in INPUT may be writable or hidden for the task, whatever modes the archive has.
INTO_INPUT: Final = f"tar -xf - -C {INPUT} && chmod -R a+rX,go-w {INPUT}"
INTO_DATA: Final = f"exec tar -xf - -C {DATA}"


@contextmanager
def bounded() -> Iterator[None]:
    """Raises Unreachable when files did not move in time."""
    try:
        with trio.fail_after(TRANSFER_S):
            yield
    except trio.TooSlowError as error:
        raise Unreachable(f"files did not move within {TRANSFER_S:g} s") from error


async def unpack(engine: Engine, container: str, archive: BinaryIO) -> None:
    """Into INPUT and into DATA, at the same time. Raises UsageError when it is no tar or does not fit."""
    failures: list[ChorusError] = []

    async def one(script: str, user: str) -> None:
        try:
            await _unpack(engine, container, archive, script, user)
        except ChorusError as error:
            failures.append(error)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(one, INTO_INPUT, KEEPER)
        nursery.start_soon(one, INTO_DATA, TASK)
    if failures:
        raise failures[0]


async def _unpack(engine: Engine, container: str, archive: BinaryIO, script: str, user: str) -> None:
    program = await create_program(engine, container, ["/bin/sh", "-c", script], user=user, stdin=True)
    stream = await program.start()
    said = bytearray()

    async def keep(_stream: Stream, piece: bytes) -> None:
        said.extend(piece[: SAID - len(said)])
        await trio.lowlevel.checkpoint()

    pump = Pump(keep, 1 << 40)
    try:
        with bounded():
            state = await _followed(program, stream, pump, archive)
    finally:
        await stream.aclose()
    if state.code:
        raise _unpack_failed(state, said.decode(errors="replace"))


async def _followed(program: Program, stream: RawStream, pump: Pump, archive: BinaryIO) -> State:
    states: list[State] = []
    failures: list[ChorusError] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pump.move, stream)
        nursery.start_soon(_pour, archive, stream)
        try:
            states.append(await program.ended(pump.silent))
            with trio.move_on_after(LAST_WORDS_S):
                await pump.silent.wait()
        except ChorusError as error:
            failures.append(error)
        nursery.cancel_scope.cancel()
    if failures:
        raise failures[0]
    return states[0]


def _unpack_failed(state: State, said: str) -> ChorusError:
    told = said.strip().partition("\n")[0]
    if not state.started or state.code == 127:
        return Refused("the image lacks tar or chmod, which a sandbox needs", hint=told)
    return UsageError("the source cannot be unpacked", hint=told)


async def _pour(archive: BinaryIO, stream: RawStream) -> None:
    """The whole file, from an offset of one's own: two readers share it."""
    offset = 0
    try:
        while piece := await trio.to_thread.run_sync(os.pread, archive.fileno(), CHUNK, offset):
            offset += len(piece)
            await stream.send(piece)
    except OSError:
        return  # tar ended before its input did, and says why
    await stream.send_eof()


async def pack(engine: Engine, container: str, into: BinaryIO, most: int) -> State | None:
    """A tar of DATA and OUTPUT, by a program of the task's own user; None when it was cut at `most` bytes."""
    argv = ["tar", "-C", "/workspace", "-cf", "-", "data", "output"]
    program = await create_program(engine, container, argv, user=TASK)
    stream = await program.start()
    waiting: list[bytes] = []

    async def flush() -> None:
        pieces, waiting[:] = b"".join(waiting), []
        await trio.to_thread.run_sync(into.write, pieces)

    async def keep(number: Stream, piece: bytes) -> None:
        if number == STDOUT:
            waiting.append(piece)
        if sum(map(len, waiting)) >= CHUNK:
            await flush()
        else:
            await trio.lowlevel.checkpoint()

    pump = Pump(keep, most)
    try:
        with bounded():
            await pump.move(stream)
            if pump.error:
                raise pump.error
            await flush()
            return None if pump.over else await program.ended(pump.silent)
    finally:
        await stream.aclose()
