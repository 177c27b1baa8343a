"""Streams: bytes in order, back-pressure, and how they end."""

import os

import pytest
import trio

from chorus.testing.mesh.bench import (
    ECHO,
    PATIENCE_S,
    QUIET,
    Start,
    cluster,
    echoes,
    ended,
    exactly,
    refuses,
    until_up,
    within,
)
from chorus_hooks.errors import Unreachable
from chorus_hooks.mesh import Stream

MIB = 1 << 20
A_LOT = 64 * MIB
"""More than all buffers between two nodes."""
A_WHILE_S = 1.0

WAITING = "/conformance/waiting/1"


class StreamingPromises:
    """What `Stream` promises."""

    @pytest.mark.parametrize("size", [1, 65_536, MIB])
    async def test_bytes_come_whole_and_in_order_both_ways_at_once(self, start: Start, size: int) -> None:
        """Echoed while the rest is still being sent."""
        data = os.urandom(size)
        async with cluster(start, 2) as (one, other):
            stream = await within(one.open(other.peer_id, ECHO))
            async with trio.open_nursery() as nursery:
                nursery.start_soon(stream.send, data)
                assert await exactly(stream, size) == data

    async def test_a_sender_waits_while_the_peer_does_not_read(self, start: Start) -> None:
        """And what it had sent is all there when the peer reads at last."""
        read, all_read = trio.Event(), trio.Event()
        sent = 0

        async def later(stream: Stream) -> None:
            await read.wait()
            got = 0
            while got < sent:
                got += len(await stream.receive())
            all_read.set()

        async with cluster(start, 2) as (one, other):
            other.serve(WAITING, later)
            stream = await within(one.open(other.peer_id, WAITING))
            with trio.move_on_after(A_WHILE_S) as patience:
                while sent < A_LOT:
                    await stream.send(b"x" * 4096)
                    sent += 4096
            assert patience.cancelled_caught, f"{sent} bytes were sent to a peer that does not read"
            read.set()
            await within(all_read.wait())

    async def test_a_peer_that_does_not_read_one_stream_reads_another(self, start: Start) -> None:
        """One slow reader does not block the link."""
        async with cluster(start, 2) as (one, other):
            stuck = await within(one.open(other.peer_id, QUIET))
            with trio.move_on_after(A_WHILE_S):
                await stuck.send(bytes(A_LOT))
            await echoes(one, other)

    async def test_closing_waits_for_nobody(self, start: Start) -> None:
        """Not even for a peer that has much to read first."""
        async with cluster(start, 2) as (one, other):
            stream = await within(one.open(other.peer_id, QUIET))
            with trio.move_on_after(A_WHILE_S):
                await stream.send(bytes(A_LOT))
            with trio.fail_after(PATIENCE_S):
                await stream.aclose()
                await stream.aclose()

    async def test_the_peer_reads_what_was_sent_and_then_the_end(self, start: Start) -> None:
        """Closing loses nothing that was handed over."""
        got: list[bytes] = []
        over = trio.Event()

        async def listen(stream: Stream) -> None:
            while data := await stream.receive():
                got.append(data)
            over.set()

        async with cluster(start, 2) as (one, other):
            other.serve(WAITING, listen)
            stream = await within(one.open(other.peer_id, WAITING))
            await stream.send(b"last words")
            await stream.aclose()
            await within(over.wait())
        assert b"".join(got) == b"last words"

    async def test_a_stream_that_was_closed_here_is_gone(self, start: Start) -> None:
        """For sending and for receiving."""
        async with cluster(start, 2) as (one, other):
            stream = await within(one.open(other.peer_id, ECHO))
            await stream.aclose()
            with pytest.raises(Unreachable):
                await within(stream.send(b"x"))
            with pytest.raises(Unreachable):
                await within(stream.receive())

    async def test_sending_to_a_peer_that_closed_fails_soon(self, start: Start) -> None:
        """Once the news is here."""

        async def shut(_stream: Stream) -> None:
            return

        async with cluster(start, 2) as (one, other):
            other.serve(WAITING, shut)
            stream = await within(one.open(other.peer_id, WAITING))
            await refuses(stream)

    async def test_closing_one_end_frees_a_sender_at_the_other(self, start: Start) -> None:
        """One that waits because nothing is read, too."""
        freed = trio.Event()

        async def pour(stream: Stream) -> None:
            try:
                await stream.send(bytes(A_LOT))
            except Unreachable:
                freed.set()

        async with cluster(start, 2) as (one, other):
            other.serve(WAITING, pour)
            stream = await within(one.open(other.peer_id, WAITING))
            assert await within(stream.receive())
            await stream.aclose()
            await within(freed.wait())

    async def test_hanging_up_ends_the_streams(self, start: Start) -> None:
        """At the end that hung up; who waits for bytes is told."""
        async with cluster(start, 2) as (one, other):
            ours = await within(one.open(other.peer_id, QUIET))
            theirs = await within(other.open(one.peer_id, QUIET))
            await one.hang_up(other.peer_id)
            for stream in (ours, theirs):
                await ended(stream)
                await refuses(stream)

    async def test_a_node_that_ends_takes_its_streams_along(self, start: Start) -> None:
        """Nobody waits for it."""
        async with cluster(start, 1) as (one,):
            async with start() as other, one.links() as links:
                other.serve(WAITING, _wait)
                await within(one.dial(other.addresses[0]))
                await until_up(links, other.peer_id)
                stream = await within(one.open(other.peer_id, WAITING))
            await ended(stream)
            await refuses(stream)


async def _wait(_stream: Stream) -> None:
    await trio.sleep_forever()
