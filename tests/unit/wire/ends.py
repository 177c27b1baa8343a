"""Two ends of a stream in memory, and what a test does with them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio
import trio.testing

from chorus_hooks.errors import Unreachable
from chorus_hooks.wire.answering import Handler, answer
from chorus_hooks.wire.caller import Caller
from chorus_hooks.wire.frame import BadFrame, Decoder, Frame

LIMIT = 1 << 20


@dataclass
class End:
    """One end; `peer_id` names the other one."""

    peer_id: str
    pipe: trio.StapledStream[trio.testing.MemorySendStream, trio.testing.MemoryReceiveStream]

    async def send(self, data: bytes) -> None:
        try:
            await self.pipe.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise Unreachable("broken") from error

    async def receive(self) -> bytes:
        try:
            return bytes(await self.pipe.receive_some())
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise Unreachable("broken") from error

    async def aclose(self) -> None:
        self.pipe.send_stream.close()
        self.pipe.receive_stream.close()


def ends() -> tuple[End, End]:
    one, other = trio.testing.memory_stream_pair()
    return End("the answerer", one), End("the asker", other)


@dataclass
class Talk:
    """A caller, and what came of the answering end when it is over."""

    caller: Caller
    asker: End
    answerer: End
    faults: list[BadFrame]


@asynccontextmanager
async def talk(handler: Handler, *, answer_limit: int = LIMIT, rate: float = 1e6) -> AsyncIterator[Talk]:
    """A caller that `handler` answers."""
    asker, answerer = ends()
    caller = Caller(asker, limit=answer_limit)
    faults: list[BadFrame] = []

    async def answering() -> None:
        try:
            await answer(answerer, handler, rate=rate)
        except BadFrame as fault:
            faults.append(fault)
        await answerer.aclose()

    async def calling() -> None:
        try:
            await caller.run()
        except BadFrame as fault:
            faults.append(fault)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(answering)
        nursery.start_soon(calling)
        yield Talk(caller, asker, answerer, faults)
        nursery.cancel_scope.cancel()


class Raw:
    """An end without manners: sends and reads frames as a test says."""

    def __init__(self, end: End) -> None:
        self._end = end
        self._decoder = Decoder()
        self._frames: list[Frame] = []

    async def send(self, *frames: Frame) -> None:
        await self._end.send(b"".join(frame.encode() for frame in frames))

    async def next(self) -> Frame | None:
        while not self._frames:
            try:
                data = await self._end.receive()
            except Unreachable:
                return None
            if not data:
                return None
            self._frames.extend(self._decoder.feed(data))
        return self._frames.pop(0)
