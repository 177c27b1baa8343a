"""A stream from trio to the island: events that were ready together cross in one call."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final, Generic, TypeVar

import trio

from chorus_hooks.island import Island

T = TypeVar("T")

AHEAD: Final = 1
"""Events that wait on the trio side. One may have some hundred kilobytes, and each deaf client holds them."""
BATCHES: Final = 1
"""What waits on the island's side. Beyond that the source waits."""
MOST_BYTES: Final = 64 << 10
"""A batch is sent on when it has so many bytes."""
QUIET_S: Final = 15.0
"""A stream without news says so this often, so that proxies and clients know that it lives."""
QUIET: Final = b": nothing new\n\n"


class Crossing(Generic[T]):
    """Carries what `source` yields to the island, as bytes made by `encode`; what `beside` yields, too.

    Each is run by one trio task from begin to end; all end with the first of them. Use `pieces` once.
    """

    def __init__(
        self,
        island: Island,
        source: Callable[[], AsyncGenerator[T, None]],
        encode: Callable[[T], bytes],
        quiet: bytes = QUIET,
        *,
        beside: Callable[[], AsyncGenerator[T, None]] | None = None,
    ) -> None:
        self._island = island
        self._sources = [source] if beside is None else [source, beside]
        self._encode = encode
        self._quiet = quiet
        self._arrived: asyncio.Queue[bytes | None] = asyncio.Queue(BATCHES)

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """On the island: what arrives. Raises what the source raises. In `aclosing`."""
        running = asyncio.create_task(self._run())
        try:
            while (piece := await self._arrived.get()) is not None:
                yield piece
            await running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _run(self) -> None:
        try:
            await self._island.call_trio(self._carry)
        finally:
            if not _cancelling():
                await self._arrived.put(None)

    async def _carry(self) -> None:
        """In trio: read the sources, and send on what there is."""
        failed: list[Exception] = []
        sender, receiver = trio.open_memory_channel[bytes](AHEAD)
        async with trio.open_nursery() as nursery:
            for source in self._sources:
                nursery.start_soon(self._read, source, sender, failed)
            async with receiver:
                while (batch := await self._batch(receiver)) is not None:
                    await self._island.call(self._arrived.put, batch)
            nursery.cancel_scope.cancel()
        if failed:
            raise failed[0]

    async def _read(
        self,
        source: Callable[[], AsyncGenerator[T, None]],
        sender: "trio.MemorySendChannel[bytes]",
        failed: list[Exception],
    ) -> None:
        async with sender:
            try:
                async with aclosing(source()) as events:
                    async for event in events:
                        await sender.send(self._encode(event))
            except trio.ClosedResourceError:
                return  # the other source has ended, and the stream with it
            except Exception as error:
                failed.append(error)  # raised by `_carry`, outside of the nursery that would wrap it

    async def _batch(self, receiver: "trio.MemoryReceiveChannel[bytes]") -> bytes | None:
        """What there is to send; None at the end."""
        try:
            with trio.move_on_after(QUIET_S if self._quiet else float("inf")) as patience:
                waiting = [await receiver.receive()]
        except trio.EndOfChannel:
            return None
        if patience.cancelled_caught:
            return self._quiet
        size = len(waiting[0])
        while size < MOST_BYTES:
            try:
                waiting.append(receiver.receive_nowait())
            except (trio.WouldBlock, trio.EndOfChannel):
                break
            size += len(waiting[-1])
        return b"".join(waiting)


def _cancelling() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
