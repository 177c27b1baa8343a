"""The bytes under libp2p: whole though writers are cancelled, bounded though nobody reads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from libp2p.io.exceptions import ConnectionClosedError

from chorus_libp2p import wire as module
from chorus_libp2p.traffic import Traffic
from chorus_libp2p.wire import Wire

PIECE = 64 * 1024
WITHIN_S = 10.0


@asynccontextmanager
async def connected(traffic: Traffic | None = None) -> AsyncIterator[tuple[Wire, trio.SocketStream]]:
    """A wire, and the other end of its connection."""
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener, trio.open_nursery() as nursery:
        ours = await trio.open_tcp_stream(*listener.socket.getsockname()[:2])
        async with await listener.accept() as theirs:
            wire = Wire(ours, traffic or Traffic())
            nursery.start_soon(wire.run)
            yield wire, theirs
            wire.abort()


async def fill(wire: Wire) -> bytes:
    """Write until a write waits, and cancel it. What was written, that last piece too."""
    written = b""
    while True:
        piece = len(written).to_bytes(8) * (PIECE // 8)
        written += piece
        with trio.move_on_after(0.05) as waited:
            await wire.write(piece)
        if waited.cancelled_caught:
            return written


async def read(stream: trio.SocketStream, size: int) -> bytes:
    got = b""
    with trio.fail_after(WITHIN_S):
        while len(got) < size:
            data = await stream.receive_some()
            assert data, f"it ended after {len(got)} bytes of {size}"
            got += data
    return got


async def test_what_a_cancelled_writer_handed_over_arrives_whole_and_in_its_place() -> None:
    traffic = Traffic()
    async with connected(traffic) as (wire, peer):
        written = await fill(wire) + b"and more"
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wire.write, b"and more")
            assert await read(peer, len(written)) == written
        assert traffic.wire["out"] == len(written)


async def test_what_waits_is_sent_before_the_end() -> None:
    async with connected() as (wire, peer):
        written = await fill(wire)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wire.close)
            assert await read(peer, len(written)) == written
            with trio.fail_after(WITHIN_S):
                assert await peer.receive_some() == b""


async def test_a_peer_that_takes_nothing_for_long_loses_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "STALL_S", 0.2)
    async with connected() as (wire, _):
        await fill(wire)
        with trio.fail_after(WITHIN_S):
            assert await wire.read() == b""
        with pytest.raises(ConnectionClosedError):
            await wire.write(b"x")


async def test_what_cancelled_writers_leave_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", module.ROOM + 4 * PIECE)
    async with connected() as (wire, _):
        await fill(wire)
        with pytest.raises(ConnectionClosedError):
            for _ in range(6):
                with trio.move_on_after(0):
                    await wire.write(bytes(PIECE))
        assert wire._size == 0


async def test_closing_does_not_wait_for_a_peer_that_does_not_read() -> None:
    async with connected() as (wire, _):
        await fill(wire)
        began = trio.current_time()
        await wire.close()
        assert trio.current_time() - began < 2 * module.FLUSH_S


async def test_small_reads_lose_nothing_between_them() -> None:
    async with connected() as (wire, peer):
        await peer.send_all(b"0123456789")
        assert [await wire.read(3), await wire.read(3), await wire.read()] == [b"012", b"345", b"6789"]
        assert wire.heard
        await peer.aclose()
        assert await wire.read(1) == b""
