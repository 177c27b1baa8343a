"""Streams: bytes in order, back-pressure, ends and breaks."""

from collections.abc import AsyncIterator

import pytest
import trio

from chorus_hooks.errors import Unreachable
from chorus_hooks.mesh import Stream
from chorus_libp2p.mesh import Libp2pMesh
from chorus_libp2p.stream import LINGER_S, KeptStream
from tests.integration.libp2p.nodes import WITHIN_S, mesh, until
from tests.integration.libp2p.peer import echo

MB = 1024 * 1024
Pair = tuple[Libp2pMesh, Libp2pMesh]


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with mesh() as one, mesh() as other:
        await one.dial(other.addresses[0])
        other.serve("/test/echo/1", echo)
        yield one, other


async def test_what_is_sent_arrives_whole_and_in_order(pair: Pair) -> None:
    one, other = pair
    stream = await one.open(other.peer_id, "/test/echo/1")
    sent = b"".join(number.to_bytes(4) for number in range(MB // 2))
    got = bytearray()
    with trio.fail_after(WITHIN_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream.send, sent)
            while len(got) < len(sent):
                got += await stream.receive()
    assert bytes(got) == sent


async def test_what_was_sent_before_a_close_is_read_before_the_end(pair: Pair) -> None:
    one, other = pair
    read: list[bytes] = []
    ended = trio.Event()

    async def collect(stream: Stream) -> None:
        while data := await stream.receive():
            read.append(data)
        ended.set()

    other.serve("/test/collect/1", collect)
    stream = await one.open(other.peer_id, "/test/collect/1")
    await stream.send(b"x" * 100_000)
    await stream.aclose()
    with trio.fail_after(WITHIN_S):
        await ended.wait()
    assert b"".join(read) == b"x" * 100_000
    with pytest.raises(Unreachable):
        await stream.send(b"more")


async def test_the_end_of_a_handler_is_the_end_of_its_stream(pair: Pair) -> None:
    one, other = pair

    async def greet(stream: Stream) -> None:
        await stream.send(b"hello")

    other.serve("/test/greet/1", greet)
    stream = await one.open(other.peer_id, "/test/greet/1")
    with trio.fail_after(WITHIN_S):
        assert await stream.receive() == b"hello"
        assert await stream.receive() == b""


async def test_closing_wakes_whoever_reads(pair: Pair) -> None:
    one, other = pair
    stream = await one.open(other.peer_id, "/test/echo/1")
    with trio.fail_after(WITHIN_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(broken, stream)
            await trio.testing.wait_all_tasks_blocked(0.01)
            await stream.aclose()


async def broken(stream: KeptStream) -> None:
    with pytest.raises(Unreachable):
        await stream.receive()


async def test_a_stream_breaks_with_its_link(pair: Pair) -> None:
    one, other = pair
    stream = await one.open(other.peer_id, "/test/echo/1")
    with trio.fail_after(WITHIN_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(broken, stream)
            await trio.testing.wait_all_tasks_blocked(0.01)
            await other.hang_up(one.peer_id)
        with pytest.raises(Unreachable):
            await stream.send(b"x")


async def test_a_protocol_that_the_peer_does_not_speak_and_a_peer_without_link_are_unreachable(
    pair: Pair,
) -> None:
    one, other = pair
    with pytest.raises(Unreachable):
        await one.open(other.peer_id, "/test/nothing/1")
    await one.hang_up(other.peer_id)
    with pytest.raises(Unreachable, match="not linked"):
        await one.open(other.peer_id, "/test/echo/1")


async def test_a_protocol_has_one_handler(pair: Pair) -> None:
    with pytest.raises(RuntimeError):
        pair[1].serve("/test/echo/1", echo)


async def test_a_peer_that_does_not_read_makes_its_sender_wait_and_not_give_up(pair: Pair) -> None:
    one, other = pair
    read = trio.Event()
    got = 0

    async def sleepy(stream: Stream) -> None:
        nonlocal got
        await read.wait()
        while data := await stream.receive():
            got += len(data)

    other.serve("/test/sleepy/1", sleepy)
    stream = await one.open(other.peer_id, "/test/sleepy/1")
    with trio.fail_after(WITHIN_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream.send, bytes(8 * MB))
            await until(lambda: stream._muxed.send_window == 0)
            await trio.sleep(0.05)  # a few rounds of the wait for room
            # Inside of its write libp2p would wait for five seconds, and then break the stream.
            assert stream._muxed._zero_window_waits == 0
            assert one._traffic.protocol_bytes["/test/sleepy/1", "out"] < 2 * MB
            read.set()
        await until(lambda: got == 8 * MB)


async def test_senders_that_are_cancelled_break_nothing_but_their_stream(pair: Pair) -> None:
    one, other = pair
    kept = await one.open(other.peer_id, "/test/echo/1")
    for attempt in range(40):
        stream = await one.open(other.peer_id, "/test/echo/1")
        with trio.move_on_after(attempt / 4000):
            await stream.send(bytes(MB))
        await stream.aclose()
    await kept.send(b"still here")
    with trio.fail_after(WITHIN_S):
        assert await kept.receive() == b"still here"
    assert len(one._links) == 1


async def test_who_waits_for_a_reader_is_freed_at_once_when_that_one_closes(pair: Pair) -> None:
    one, other = pair
    freed = trio.Event()

    async def pour(stream: Stream) -> None:
        with pytest.raises(Unreachable):
            await stream.send(bytes(MB))
        freed.set()

    other.serve("/test/pour/1", pour)
    stream = await one.open(other.peer_id, "/test/pour/1")
    assert isinstance(stream, KeptStream)
    muxed = stream._muxed
    await until(lambda: muxed.recv_window <= 0)
    await stream.aclose()
    with trio.fail_after(LINGER_S / 2):
        await freed.wait()
