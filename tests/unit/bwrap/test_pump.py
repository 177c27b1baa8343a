"""Output is counted, held back and cut; stdin is copied, never shared."""

import os

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from chorus_bwrap.pump import Pump, Tally, feed
from chorus_hooks.output import STDERR, STDOUT


@given(st.integers(0, 1000), st.lists(st.integers(1, 200)))
def test_never_more_than_the_cap_passes(most: int, sizes: list[int]) -> None:
    tally = Tally(most)
    admitted = [tally.admit(size) for size in sizes]
    assert tally.size == sum(admitted) == min(most, sum(sizes))
    assert tally.over == (sum(sizes) > most)


def pipe() -> tuple[trio.lowlevel.FdStream, trio.lowlevel.FdStream]:
    reading, writing = os.pipe()
    return trio.lowlevel.FdStream(reading), trio.lowlevel.FdStream(writing)


async def test_one_piece_at_a_time_reaches_the_sink() -> None:
    inside = 0

    async def sink(_stream: int, _data: bytes) -> None:
        nonlocal inside
        inside += 1
        assert inside == 1
        await trio.testing.wait_all_tasks_blocked()
        inside -= 1

    pump = Pump(sink, 100)
    out, err = pipe(), pipe()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pump.move, STDOUT, out[0])
        nursery.start_soon(pump.move, STDERR, err[0])
        for _, writer in (out, err):
            await writer.send_all(b"x")
            await writer.aclose()
    assert pump.error is None
    assert pump.tally.size == 2


async def test_a_sink_that_fails_stops_the_pump_and_keeps_the_error() -> None:
    async def sink(_stream: int, _data: bytes) -> None:
        raise LookupError

    pump = Pump(sink, 100)
    reader, writer = pipe()
    await writer.send_all(b"x")
    with trio.fail_after(5):
        await pump.move(STDOUT, reader)
    assert isinstance(pump.error, LookupError)
    assert pump.stopped.is_set()
    await writer.aclose()


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
async def test_feeding_from_a_device_that_cannot_be_waited_for(device: str) -> None:
    reader, writer = pipe()
    got = 0
    with open(device, "rb", buffering=0) as source, trio.fail_after(5):  # noqa: ASYNC230, PTH123
        async with trio.open_nursery() as nursery:
            nursery.start_soon(feed, source, writer)
            while got < 1 << 20 and (piece := await reader.receive_some(1 << 16)):
                got += len(piece)
            await reader.aclose()
    assert (got > 0) == (device == "/dev/zero")


async def test_feeding_a_command_that_has_closed_its_stdin_just_ends() -> None:
    reader, writer = pipe()
    await reader.aclose()
    with open("/dev/zero", "rb", buffering=0) as source, trio.fail_after(5):  # noqa: ASYNC230, PTH123
        await feed(source, writer)
