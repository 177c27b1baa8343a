"""The credit of a yamux stream: given in halves of a window, and whoever waits for it wakes at once."""

import struct

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from libp2p.stream_muxer.exceptions import MuxedStreamError
from libp2p.stream_muxer.yamux.yamux import (
    DEFAULT_WINDOW_SIZE,
    HEADER_SIZE,
    TYPE_DATA,
    TYPE_WINDOW_UPDATE,
    YAMUX_HEADER_FORMAT,
)
from trio.testing import MockClock

from chorus_libp2p.credit import PIECE, CreditedStream

NUMBER = 1
WITHIN_S = 10.0


class Connection:
    """What a stream needs of its connection: frames leave into a list, and each read is given by hand."""

    def __init__(self) -> None:
        self.frames: list[tuple[int, int, bytes]] = []
        self.stream_buffers = {NUMBER: bytearray()}
        self.event_shutting_down = trio.Event()
        self.stream = CreditedStream(NUMBER, self, True)  # type: ignore[arg-type]

    async def _write_frame(self, data: bytes) -> None:
        _, kind, _, _, length = struct.unpack(YAMUX_HEADER_FORMAT, data[:HEADER_SIZE])
        self.frames.append((kind, length, data[HEADER_SIZE:]))

    def rtt(self) -> float:
        return 0.001

    async def read(self, size: int) -> None:
        """`size` bytes have come, and the program reads them."""
        self.stream.recv_window -= size
        self.stream_buffers[NUMBER] += bytes(size)
        assert len(await self.stream.read(None)) == size

    def given(self) -> int:
        return sum(length for kind, length, _ in self.frames if kind == TYPE_WINDOW_UPDATE)


async def test_small_reads_cost_no_frame_until_half_a_window_was_read() -> None:
    connection = Connection()
    for _ in range(DEFAULT_WINDOW_SIZE // 2 // 1024 - 1):
        await connection.read(1024)
    assert connection.frames == []
    await connection.read(1024)
    assert [kind for kind, _, _ in connection.frames] == [TYPE_WINDOW_UPDATE]


@given(sizes=st.lists(st.integers(1, 65_536), max_size=60))
def test_what_a_peer_may_send_is_never_more_than_the_window_nor_less_than_half(sizes: list[int]) -> None:
    async def check() -> None:
        connection = Connection()
        sent = 0
        for size in sizes:
            allowed = DEFAULT_WINDOW_SIZE + connection.given() - sent
            size = min(size, allowed)
            sent += size
            await connection.read(size)
            allowed = DEFAULT_WINDOW_SIZE + connection.given() - sent
            target = connection.stream.target_recv_window
            assert target // 2 < allowed <= target
            assert connection.stream.recv_window == allowed

    trio.run(check)


async def test_a_piece_that_fits_leaves_as_one_frame_and_is_taken_from_the_window() -> None:
    connection = Connection()
    await connection.stream.write(b"x" * PIECE)
    assert connection.frames == [(TYPE_DATA, PIECE, b"x" * PIECE)]
    assert connection.stream.send_window == DEFAULT_WINDOW_SIZE - PIECE


async def test_more_than_a_piece_leaves_in_frames_that_are_the_same_bytes() -> None:
    connection = Connection()
    sent = b"".join(number.to_bytes(4) for number in range(50_000))
    await connection.stream.write(sent)
    assert b"".join(body for _, _, body in connection.frames) == sent


async def test_nothing_is_written_to_a_stream_that_is_closed() -> None:
    connection = Connection()
    connection.stream.send_closed = True
    with pytest.raises(MuxedStreamError):
        await connection.stream.write(b"late")
    assert connection.frames == []


def test_a_sender_wakes_with_the_credit_and_waits_no_longer_than_it_was_told() -> None:
    async def check() -> None:
        stream = Connection().stream
        stream.send_window = 0
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream.credited, WITHIN_S)
            await trio.testing.wait_all_tasks_blocked()
            stream.send_window += 1
        assert trio.current_time() == began
        await stream.credited(WITHIN_S)
        assert trio.current_time() == began + WITHIN_S

    clock = MockClock(autojump_threshold=0)
    began = clock.current_time()
    trio.run(check, clock=clock)
