"""Output goes to the sink up to the cap; stdin comes from files, pipes and devices."""

import os
import socket
import tempfile

import pytest
import trio

from chorus_docker.pump import Pump, feed
from chorus_docker.stream import RawStream
from chorus_hooks.output import STDERR, STDOUT, Stream, frame


class Kept:
    def __init__(self) -> None:
        self.pieces: list[tuple[Stream, bytes]] = []

    async def __call__(self, stream: Stream, data: bytes) -> None:
        self.pieces.append((stream, data))


def connected() -> tuple[RawStream, trio.SocketStream]:
    ours, theirs = socket.socketpair()
    return RawStream(trio.SocketStream(trio.socket.from_stdlib_socket(ours)), b""), trio.SocketStream(
        trio.socket.from_stdlib_socket(theirs)
    )


async def pumped(pump: Pump, *said: bytes) -> None:
    stream, engine = connected()
    async with engine:
        await engine.send_all(b"".join(said))
    with trio.fail_after(5):
        await pump.move(stream)
    await stream.aclose()


async def test_both_streams_arrive_in_order() -> None:
    kept = Kept()
    pump = Pump(kept, 100)
    await pumped(pump, frame(STDOUT, b"out"), frame(STDERR, b"err"), frame(STDOUT, b""))
    assert kept.pieces == [(STDOUT, b"out"), (STDERR, b"err")]
    assert (pump.size, pump.over, pump.stopped.is_set(), pump.silent.is_set()) == (6, False, False, True)


@pytest.mark.parametrize(("most", "over"), [(5, True), (6, False)])
async def test_the_cap_counts_both_streams_and_is_never_passed(most: int, over: bool) -> None:
    kept = Kept()
    pump = Pump(kept, most)
    await pumped(pump, frame(STDOUT, b"out"), frame(STDERR, b"err"))
    assert sum(len(data) for _, data in kept.pieces) == pump.size == most
    assert (pump.over, pump.stopped.is_set()) == (over, over)


async def test_what_a_sink_raises_is_kept_and_stops_the_command() -> None:
    async def broken(_stream: Stream, _data: bytes) -> None:
        raise LookupError("broken")

    pump = Pump(broken, 100)
    await pumped(pump, frame(STDOUT, b"out"))
    assert isinstance(pump.error, LookupError)
    assert pump.stopped.is_set()


async def test_a_stream_that_is_no_docker_stream_is_an_error() -> None:
    pump = Pump(Kept(), 100)
    await pumped(pump, b"HTTP/1.1 something")
    assert isinstance(pump.error, ValueError)


async def fed(source: int) -> bytes:
    stream, engine = connected()
    got = b""
    with os.fdopen(source, "rb", buffering=0) as file:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(feed, file, stream)
            with trio.fail_after(5):
                while piece := await engine.receive_some(1 << 20):
                    got += piece
    await engine.aclose()
    await stream.aclose()
    return got


async def test_a_file_a_pipe_and_a_device_are_fed_to_their_ends() -> None:
    content = bytes(range(256)) * 4000
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        assert await fed(os.dup(file.fileno())) == content
    reading, writing = os.pipe()
    os.write(writing, b"piped")
    os.close(writing)
    assert await fed(reading) == b"piped"
    assert await fed(os.open("/dev/null", os.O_RDONLY)) == b""


async def test_a_program_that_closed_its_stdin_ends_the_feeding() -> None:
    stream, engine = connected()
    await engine.aclose()
    with os.fdopen(os.open("/dev/zero", os.O_RDONLY), "rb", buffering=0) as zeros, trio.fail_after(5):
        await feed(zeros, stream)
    await stream.aclose()
