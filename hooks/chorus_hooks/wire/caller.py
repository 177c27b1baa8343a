"""The asking end of a stream: many calls at once, each with an answer of one message or many."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import trio

from chorus_hooks.errors import ChorusError, Unreachable
from chorus_hooks.mesh import Stream
from chorus_hooks.wire.failure import remote_error
from chorus_hooks.wire.frame import (
    CALLS,
    NUMBERS,
    BadFrame,
    Decoder,
    Frame,
    Kind,
    credit_frame,
    message_frames,
    read_failure,
)
from chorus_hooks.wire.incoming import Incoming
from chorus_hooks.wire.outbox import Outbox


class _Call:
    """One call that is open here. A failure comes after what was answered before it."""

    def __init__(self, limit: int) -> None:
        self.incoming = Incoming(limit)
        self.failure: ChorusError | None = None
        self.news = trio.lowlevel.ParkingLot()


class Caller:
    """Asks over one stream, which it owns. `run` must be running for anything to be answered.

    `limit` is the length of one answered message at most, in bytes.
    """

    def __init__(self, stream: Stream, *, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._outbox = Outbox(stream)
        self._calls: dict[int, _Call] = {}
        self._next = 0
        self._free = trio.Semaphore(CALLS)
        self._asking = trio.Lock()
        self._reason = f"{stream.peer_id} closed the stream"
        self._fault: BadFrame | None = None
        self._closed: Unreachable | None = None

    @property
    def closed(self) -> bool:
        """Whether the stream is gone: nothing can be asked any more."""
        return self._closed is not None

    async def run(self) -> None:
        """Carry calls until the stream ends; all that are open then raise Unreachable.

        Raises BadFrame when the peer breaks the protocol.
        """
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._send, nursery.cancel_scope)
                await self._receive()
                nursery.cancel_scope.cancel()
        finally:
            self._close(Unreachable(self._reason))
            await self._stream.aclose()
        if self._fault is not None:
            raise self._fault

    async def ask(self, request: bytes) -> bytes:
        """The one message that answers; empty when the answer is none.

        Raises what the peer failed with, Unreachable when the stream is gone.
        """
        async with self.answers(request) as answers:
            async for message in answers:
                return message
        return b""

    @asynccontextmanager
    async def answers(self, request: bytes) -> AsyncIterator[AsyncIterator[bytes]]:
        """The messages that answer, as they come; raises as `ask` does. Left early, it is stopped."""
        async with self._free:
            if self._closed:
                raise Unreachable(self._closed.message)
            number, call = self._number(), _Call(self._limit)
            self._calls[number] = call
            try:
                async with self._asking:  # the frames of one request stay together
                    for frame in message_frames(Kind.ASK, number, request):
                        await self._outbox.put(frame)
                async with aclosing(self._messages(number, call)) as messages:
                    yield messages
            finally:
                del self._calls[number]
                if not call.incoming.ended and call.failure is None:
                    self._outbox.push(Frame(Kind.STOP, number))

    async def _messages(self, number: int, call: _Call) -> AsyncGenerator[bytes, None]:
        while True:
            message = call.incoming.take()
            self._allow_more(number, call)
            if message is not None:
                yield message
            elif call.failure is not None:
                raise call.failure
            elif call.incoming.ended:
                return
            else:
                await call.news.park()

    def _allow_more(self, number: int, call: _Call) -> None:
        if credit := call.incoming.credit():
            self._outbox.push(credit_frame(number, credit))

    def _number(self) -> int:
        while self._next in self._calls:
            self._next = (self._next + 1) % NUMBERS
        number, self._next = self._next, (self._next + 1) % NUMBERS
        return number

    async def _send(self, scope: trio.CancelScope) -> None:
        try:
            await self._outbox.run()
        except Unreachable as error:
            self._reason = error.message
            scope.cancel()

    async def _receive(self) -> None:
        decoder = Decoder()
        try:
            while data := await self._stream.receive():
                for frame in decoder.feed(data):
                    self._take(frame)
        except Unreachable as error:
            self._reason = error.message
        except BadFrame as fault:
            self._reason, self._fault = f"{self._stream.peer_id} broke the protocol", fault

    def _take(self, frame: Frame) -> None:
        call = self._calls.get(frame.call)
        if call is None:
            return  # it was left early, and this crossed our STOP
        if frame.kind is Kind.FAIL:
            call.failure = remote_error(*read_failure(frame))
        elif frame.kind is Kind.ANSWER:
            call.incoming.receive(frame)
            self._allow_more(frame.call, call)
        else:
            raise BadFrame(f"{frame.kind.name} from the end that answers")
        call.news.unpark_all()

    def _close(self, error: Unreachable) -> None:
        self._closed = error
        for call in self._calls.values():
            if not call.incoming.ended and call.failure is None:
                call.failure = Unreachable(error.message)
            call.news.unpark_all()
