"""Our end of the relay, against the relay itself: a real process, and clients on loopback."""

import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import trio

from chorus_gateway import relay
from chorus_gateway.carrier import Carrier, Connection
from chorus_gateway.frames import MOST, WINDOW, BrokenFrame, Frame, FrameReader, Kind
from chorus_hooks.errors import Unreachable

Serve = Callable[[Connection], Awaitable[None]]


class Pipes:
    def __init__(self, process: trio.Process) -> None:
        self.process = process

    async def receive(self) -> bytes:
        assert self.process.stdout is not None
        return bytes(await self.process.stdout.receive_some(1 << 16))

    async def send(self, data: bytes) -> None:
        assert self.process.stdin is not None
        try:
            await self.process.stdin.send_all(data)
        except trio.BrokenResourceError:
            raise Unreachable("gone") from None


@asynccontextmanager
async def relayed(serve: Serve) -> AsyncIterator[tuple[int, trio.Process]]:
    """A relay whose connections are served; gives its port."""
    argv = [sys.executable, "-I", relay.__file__]
    with trio.fail_after(30):
        process = await trio.lowlevel.open_process(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            carrier = Carrier(Pipes(process), serve)
            port = await carrier.hello()
            assert port is not None
            async with trio.open_nursery() as nursery:
                nursery.start_soon(carrier.run)
                yield port, process
                nursery.cancel_scope.cancel()
        finally:
            process.kill()
            await process.wait()
            for stream in (process.stdin, process.stdout):
                assert stream is not None
                await stream.aclose()


async def echo(connection: Connection) -> None:
    while data := await connection.receive():
        await connection.send(data)


async def test_many_bytes_of_many_clients_come_back_in_order() -> None:
    async with relayed(echo) as (port, _), trio.open_nursery() as nursery:

        async def client(letter: bytes) -> None:
            sent = letter * (3 * WINDOW + 17)
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                nursery.start_soon(stream.send_all, sent)
                got = b""
                while len(got) < len(sent):
                    got += await stream.receive_some()
                assert got == sent

        for letter in (b"a", b"b", b"c"):
            nursery.start_soon(client, letter)


async def test_a_client_that_does_not_read_holds_back_only_itself() -> None:
    stuck = trio.Event()

    async def flood(connection: Connection) -> None:
        if await connection.receive() == b"quick":
            await connection.send(b"there")
            return
        stuck.set()
        while True:
            await connection.send(b"x" * WINDOW)

    async with relayed(flood) as (port, _):
        slow = await trio.open_tcp_stream("127.0.0.1", port)
        async with slow:
            await slow.send_all(b"slow")
            await stuck.wait()
            async with await trio.open_tcp_stream("127.0.0.1", port) as quick:
                await quick.send_all(b"quick")
                assert await quick.receive_some() == b"there"


async def test_a_client_that_leaves_is_told_to_whoever_serves_it() -> None:
    left = trio.Event()

    async def serve(connection: Connection) -> None:
        await connection.receive()
        await connection.gone.wait()
        left.set()

    async with relayed(serve) as (port, _):
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(b"hello")
        await left.wait()


async def test_the_end_of_a_client_is_told_once() -> None:
    argv = [sys.executable, "-I", relay.__file__]
    process = await trio.lowlevel.open_process(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    pipes, reader, seen = Pipes(process), FrameReader(), list[Frame]()
    with trio.fail_after(30):
        port = await Carrier(pipes, echo).hello()
        assert port is not None
        async with await trio.open_tcp_stream("127.0.0.1", port) as first:
            await first.send_eof()
            async with await trio.open_tcp_stream("127.0.0.1", port) as second:
                for _ in range(20):
                    await second.send_all(b"x")
                    while not (seen and seen[-1].kind is Kind.DATA):
                        seen += reader.feed(await pipes.receive())
                    seen.append(Frame(Kind.OPEN, 0))
        assert process.stdin is not None
        await process.stdin.aclose()
        await process.wait()
        assert process.stdout is not None
        await process.stdout.aclose()
    assert [frame.kind for frame in seen].count(Kind.END) == 1


async def test_no_more_connections_are_served_at_once_than_there_may_be() -> None:
    served, most, go = 0, 0, trio.Event()

    async def serve(connection: Connection) -> None:
        nonlocal served, most
        served += 1
        most = max(most, served)
        await connection.receive()
        if served == MOST:
            go.set()
        await go.wait()
        served -= 1
        await connection.send(b"done")

    async with relayed(serve) as (port, _), trio.open_nursery() as nursery:

        async def client() -> None:
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                await stream.send_all(b"x")
                assert await stream.receive_some() == b"done"

        for _number in range(2 * MOST):
            nursery.start_soon(client)
    assert most == MOST


async def test_the_relay_ends_with_its_stdin() -> None:
    async with relayed(echo) as (_, process):
        assert process.stdin is not None
        await process.stdin.aclose()
        assert await process.wait() == 0


class Scripted:
    """A relay that says what a test wants."""

    def __init__(self, *said: bytes) -> None:
        self.said = list(said)
        self.told: list[bytes] = []

    async def receive(self) -> bytes:
        await trio.lowlevel.checkpoint()
        return self.said.pop(0) if self.said else b""

    async def send(self, data: bytes) -> None:
        self.told.append(data)


@pytest.mark.parametrize(
    "frames",
    [
        [Frame(Kind.OPEN, 1), Frame(Kind.OPEN, 1)],
        [Frame(Kind.OPEN, 1), Frame(Kind.MORE, 1, b"\xff\xff\xff\xff")],
        [Frame(Kind.OPEN, 1), *[Frame(Kind.DATA, 1, b"x" * 65536)] * 5],
        [Frame(Kind.OPEN, number) for number in range(2 * MOST + 1)],
    ],
    ids=["twice", "credit", "flood", "many"],
)
async def test_a_relay_that_breaks_a_rule_is_left(frames: list[Frame]) -> None:
    async def never(connection: Connection) -> None:
        await trio.sleep_forever()

    said = b"".join(frame.encode() for frame in frames)
    with pytest.raises(BrokenFrame):
        await Carrier(Scripted(said), never).run()


@pytest.mark.parametrize("said", [b"", b"sh: python3: not found\n", b"relay x\n", b"y" * 100])
async def test_what_is_no_relay_has_no_port(said: bytes) -> None:
    assert await Carrier(Scripted(said), echo).hello() is None
