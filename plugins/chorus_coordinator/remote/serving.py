"""The answering end of `/chorus/log/1`."""

from collections.abc import Iterable
from contextlib import aclosing
from typing import Final

import msgspec
import trio

from chorus_coordinator.remote.message import BEAT, Find, Follow, Found, decode_ask, encode_event
from chorus_hooks.coordinator import Coordinator, TaskEvent
from chorus_hooks.errors import ChorusError, Unreachable
from chorus_hooks.wire.answering import Call
from chorus_hooks.wire.limit import CallLimit

CALLS: Final = 16
"""Calls of one peer at once: each has a file open."""
BEAT_S: Final = 10.0
"""Seconds after which a follower is told that there is nothing new."""
PATIENCE_S: Final = 60.0
"""Seconds for one message to leave: a peer that reads more slowly keeps a file open here."""


class Server:
    """Tells peers what tasks print here. `Lines.serve` takes an instance as its handler."""

    def __init__(self, coordinator: Coordinator) -> None:
        self._coordinator = coordinator
        self._calls = CallLimit(CALLS)

    async def __call__(self, call: Call) -> bytes | None:
        """Answer one call. Raises ChorusError for what cannot be answered."""
        ask = decode_ask(call.request)
        with self._calls.one_of(call.peer_id):
            if isinstance(ask, Find):
                task = await self._coordinator.get(ask.id)
                return msgspec.json.encode(Found(task.id))
            await self._follow(call, ask)
        return None

    async def _follow(self, call: Call, ask: Follow) -> None:
        """The reading waits for the peer, and never the task for the reading: there is a file in between."""
        send, receive = trio.open_memory_channel[TaskEvent](0)
        fault: ChorusError | None = None

        async def read() -> None:
            nonlocal fault
            following = self._coordinator.follow(
                ask.id, offset=ask.offset, attempt=ask.attempt, wait=ask.wait
            )
            try:
                async with send, aclosing(following) as events:
                    async for event in events:
                        await send.send(event)
            except ChorusError as error:
                fault = error

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            try:
                await _tell(call, receive)
            except ChorusError as error:
                fault = error
            nursery.cancel_scope.cancel()
        if fault is not None:
            raise fault


async def _tell(call: Call, events: trio.MemoryReceiveChannel[TaskEvent]) -> None:
    while True:
        messages: Iterable[bytes] = (BEAT,)
        with trio.move_on_after(BEAT_S):
            try:
                messages = encode_event(await events.receive())
            except trio.EndOfChannel:
                return
        for message in messages:
            with trio.move_on_after(PATIENCE_S) as patience:
                await call.send(message)
            if patience.cancelled_caught:
                raise Unreachable(f"nothing was read for {PATIENCE_S:g} s")
