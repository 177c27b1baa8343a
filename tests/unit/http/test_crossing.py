"""Streams from trio to the island: whole, bounded, and ended from either side. Over the real island."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

import pytest
import trio

from chorus.island import AsyncioIsland, open_island
from chorus_http.server import crossing
from chorus_http.server.crossing import AHEAD, BATCHES, MOST_BYTES, QUIET, Crossing

T = TypeVar("T")


@pytest.fixture
def anyio_backend() -> str:
    """The node's own side."""
    return "trio"


class NoCapabilities:
    def get(self, kind: type[T]) -> T:
        raise LookupError(kind)


@asynccontextmanager
async def island() -> AsyncIterator[AsyncioIsland]:
    with trio.fail_after(10):
        async with open_island(NoCapabilities()) as opened:
            yield opened


class Source:
    """Numbers, so many and then what `then` does; `ended` when nobody asks for more."""

    def __init__(self, count: int, error: Exception | None = None, *, waits: bool = False) -> None:
        self.made = 0
        self.ended = trio.Event()
        self._count = count
        self._error = error
        self._waits = waits

    async def numbers(self) -> AsyncGenerator[int, None]:
        try:
            for number in range(self._count):
                self.made += 1
                yield number
            if self._waits:
                await trio.sleep_forever()
            if self._error:
                raise self._error
        finally:
            self.ended.set()


def encode(number: int) -> bytes:
    return b"%d\n" % number


async def whole(made: Crossing[int]) -> bytes:
    async with aclosing(made.pieces()) as pieces:
        return b"".join([piece async for piece in pieces])


async def test_everything_crosses_in_its_order() -> None:
    async with island() as sea:
        source = Source(1000)
        told = await sea.call(whole, Crossing(sea, source.numbers, encode))
        assert [int(line) for line in told.split()] == list(range(1000))


@pytest.mark.parametrize("count", [0, 3])
async def test_what_the_source_raises_comes_after_what_it_gave(count: int) -> None:
    async def collect(made: Crossing[int]) -> tuple[bytes, str]:
        got = b""
        async with aclosing(made.pieces()) as pieces:
            try:
                async for piece in pieces:
                    got += piece
            except LookupError as error:
                return got, str(error)
        return got, "no error"

    async with island() as sea:
        source = Source(count, LookupError("forgotten"))
        assert await sea.call(collect, Crossing(sea, source.numbers, encode)) == (
            b"".join(map(encode, range(count))),
            "forgotten",
        )
        assert source.ended.is_set()


async def test_an_event_of_no_bytes_is_not_the_end() -> None:
    async with island() as sea:
        source = Source(100)
        made = Crossing(sea, source.numbers, lambda number: b"" if number % 10 else b"x")
        assert await sea.call(whole, made) == b"x" * 10


async def test_what_cannot_be_encoded_ends_the_source_too() -> None:
    async with island() as sea:
        source = Source(10)
        with pytest.raises(ZeroDivisionError):
            await sea.call(whole, Crossing(sea, source.numbers, lambda number: b"%d" % (6 // (2 - number))))
        assert source.ended.is_set()


async def test_a_reader_that_stops_holds_the_source_after_a_few_events() -> None:
    async def one(made: Crossing[int], read: asyncio.Event, go: asyncio.Event) -> None:
        async with aclosing(made.pieces()) as pieces:
            await anext(pieces)
            read.set()
            await go.wait()

    async with island() as sea:
        read, go = asyncio.Event(), asyncio.Event()
        source = Source(1 << 30)
        big = Crossing(sea, source.numbers, lambda number: b"x" * MOST_BYTES)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(sea.call, one, big, read, go)
            await sea.call(read.wait)
            await settled(source)
            # One read, some in the queue, one batch that waits for it, some ahead, one that waits for those.
            assert source.made <= 1 + BATCHES + 1 + AHEAD + 1
            await sea.call(_set, go)
            await source.ended.wait()


async def settled(source: Source) -> None:
    """When the source has not gone on for a while."""
    seen = -1
    while seen != source.made:
        seen = source.made
        for _ in range(50):
            await trio.lowlevel.checkpoint()
        await trio.to_thread.run_sync(lambda: None)


async def _set(event: asyncio.Event) -> None:
    event.set()


async def test_a_reader_that_leaves_in_the_middle_ends_the_source_before_it_goes_on() -> None:
    async def leave(made: Crossing[int]) -> bool:
        async with aclosing(made.pieces()) as pieces:
            await anext(pieces)
        return source.ended.is_set()

    async with island() as sea:
        source = Source(3, waits=True)
        assert await sea.call(leave, Crossing(sea, source.numbers, encode))


async def test_a_reader_that_is_cancelled_ends_a_source_that_waits() -> None:
    async with island() as sea:
        source = Source(3, waits=True)
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(sea.call, whole, Crossing(sea, source.numbers, encode))
                while source.made < 3:
                    await trio.lowlevel.checkpoint()
                scope.cancel()
        assert scope.cancelled_caught
        assert source.ended.is_set()


async def test_a_stream_without_news_says_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    async def three(made: Crossing[int]) -> list[bytes]:
        async with aclosing(made.pieces()) as pieces:
            return [await anext(pieces) for _ in range(3)]

    monkeypatch.setattr(crossing, "QUIET_S", 0.001)
    async with island() as sea:
        source = Source(1, waits=True)
        assert await sea.call(three, Crossing(sea, source.numbers, encode)) == [b"0\n", QUIET, QUIET]


async def test_plain_bytes_are_never_mixed_with_words_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    async def late() -> AsyncGenerator[int, None]:
        yield 0
        await trio.sleep(0.02)
        yield 1

    monkeypatch.setattr(crossing, "QUIET_S", 0.001)
    async with island() as sea:
        assert await sea.call(whole, Crossing(sea, late, encode, quiet=b"")) == b"0\n1\n"


async def test_what_comes_beside_crosses_too_and_ends_with_the_source() -> None:
    async with island() as sea:
        source, beside = Source(500), Source(5, waits=True)
        told = await sea.call(
            whole,
            Crossing(sea, source.numbers, encode, beside=lambda: (-n - 1 async for n in beside.numbers())),
        )
        numbers = [int(line) for line in told.split()]
        assert [number for number in numbers if number >= 0] == list(range(500))
        assert {number for number in numbers if number < 0} <= {-1, -2, -3, -4, -5}
        await beside.ended.wait()


async def test_a_source_beside_that_fails_ends_the_stream() -> None:
    async with island() as sea:
        source, beside = Source(0, waits=True), Source(2, ValueError("beside"))
        with pytest.raises(ValueError, match="beside"):
            await sea.call(whole, Crossing(sea, source.numbers, encode, beside=beside.numbers))
        await source.ended.wait()
