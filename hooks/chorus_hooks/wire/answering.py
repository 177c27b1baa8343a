"""The answering end of a stream: each call in a task of its own, bounded in number, size and rate."""

import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import trio

from chorus_hooks.errors import ChorusError, Unreachable
from chorus_hooks.mesh import Stream
from chorus_hooks.wire.frame import (
    CALLS,
    WINDOW,
    BadFrame,
    Decoder,
    Frame,
    Kind,
    fail_frame,
    follows,
    message_frames,
    read_credit,
)
from chorus_hooks.wire.message import Assembly
from chorus_hooks.wire.outbox import Outbox
from chorus_hooks.wire.rate import Rate

_log = logging.getLogger("chorus.wire")

REQUEST_LIMIT: Final = 256 * 1024
"""Bytes of a request at most, unless a protocol says otherwise."""
RATE: Final = 5000.0
"""Frames that a peer may send in a second on one stream before it is read more slowly."""


@dataclass(frozen=True)
class Call:
    """What a peer asks. `send` gives one message of the answer, and waits until the peer has room for it."""

    peer_id: str
    request: bytes
    send: Callable[[bytes], Awaitable[None]]


Handler = Callable[[Call], Awaitable[bytes | None]]
"""Answers a call with `Call.send`, and with the last message as its result (None: it has sent all).

A ChorusError becomes the peer's answer. It is cancelled when the peer does not listen any more.
"""


async def answer(stream: Stream, handler: Handler, *, limit: int = REQUEST_LIMIT, rate: float = RATE) -> None:
    """Answer what comes on a stream until it ends. Raises BadFrame when the peer breaks the protocol."""
    await _Answerer(stream, handler, limit, Rate(rate, burst=rate)).run()


class _Open:
    """One call that is being answered."""

    def __init__(self) -> None:
        self.scope = trio.CancelScope()
        self.allowed = WINDOW
        self.credit = trio.lowlevel.ParkingLot()


class _Answerer:
    def __init__(self, stream: Stream, handler: Handler, limit: int, rate: Rate) -> None:
        self._stream = stream
        self._handler = handler
        self._outbox = Outbox(stream)
        self._request = Assembly(limit)
        self._asking: int | None = None
        self._newest = -1
        self._open: dict[int, _Open] = {}
        self._free = trio.Semaphore(CALLS)
        self._rate = rate
        self._slowed = False
        self._fault: BadFrame | None = None

    async def run(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._send, nursery.cancel_scope)
            await self._receive(nursery)
            nursery.cancel_scope.cancel()
        if self._fault is not None:
            raise self._fault

    async def _send(self, scope: trio.CancelScope) -> None:
        try:
            await self._outbox.run()
        except Unreachable:
            scope.cancel()

    async def _receive(self, nursery: trio.Nursery) -> None:
        decoder = Decoder()
        try:
            while data := await self._stream.receive():
                for frame in decoder.feed(data):
                    await self._slow_down()
                    await self._take(frame, nursery)
        except BadFrame as fault:
            self._fault = fault
        except Unreachable:
            return  # the peer is gone, and so are its calls

    async def _slow_down(self) -> None:
        delay = self._rate.take(trio.current_time())
        if delay <= 0:
            return
        if not self._slowed:
            self._slowed = True
            _log.warning("%s sends too much, and is read more slowly", self._stream.peer_id)
        await trio.sleep(delay)

    async def _take(self, frame: Frame, nursery: trio.Nursery) -> None:
        call = self._open.get(frame.call)
        if frame.kind is Kind.ASK:
            await self._ask(frame, nursery)
        elif frame.kind is Kind.CREDIT:
            credit = read_credit(frame)
            if call is not None:
                call.allowed += credit
                call.credit.unpark_all()
        elif frame.kind is Kind.STOP:
            if call is not None:
                call.scope.cancel()
        else:
            raise BadFrame(f"{frame.kind.name} from the end that asks")

    async def _ask(self, frame: Frame, nursery: trio.Nursery) -> None:
        if frame.call in self._open or self._asking not in (None, frame.call):
            raise BadFrame("a request within another one")
        if self._asking is None:
            if not follows(frame.call, self._newest):
                raise BadFrame("a request that was made before")
            self._newest = frame.call
        request = self._request.add(frame)
        self._asking = frame.call if request is None else None
        if request is not None:
            # The asking end counts its calls too: only a peer that does not is made to wait here.
            await self._free.acquire()
            self._open[frame.call] = call = _Open()
            nursery.start_soon(self._answer, frame.call, call, request)

    async def _answer(self, number: int, call: _Open, request: bytes) -> None:
        async def send(message: bytes) -> None:
            await self._put(number, call, message, last=False)

        try:
            with call.scope:
                last = await self._handler(Call(self._stream.peer_id, request, send))
                await self._put(number, call, last or b"", last=True)
        except ChorusError as error:
            await self._fail(number, error)
        except Exception:
            _log.exception("could not answer %s", self._stream.peer_id)
            await self._fail(number, ChorusError("the peer could not answer"))
        finally:
            del self._open[number]
            self._free.release()

    async def _put(self, number: int, call: _Open, message: bytes, *, last: bool) -> None:
        for frame in message_frames(Kind.ANSWER, number, message, last=last):
            while not call.allowed:
                await call.credit.park()
            call.allowed -= 1
            await self._outbox.put(frame)

    async def _fail(self, number: int, error: ChorusError) -> None:
        with contextlib.suppress(Unreachable):  # nobody is there to be told
            await self._outbox.put(fail_frame(number, error.code, error.message))
