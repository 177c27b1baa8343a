"""One kept stream to each peer for one protocol: opened when something is asked, and again after it broke."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import trio

from chorus_hooks.errors import Unreachable
from chorus_hooks.mesh import Mesh, Stream
from chorus_hooks.wire.answering import RATE, REQUEST_LIMIT, Handler, answer
from chorus_hooks.wire.caller import Caller
from chorus_hooks.wire.frame import BadFrame

_log = logging.getLogger("chorus.wire")

OPEN_S: Final = 5.0
"""A stream that is not open by then never will be: libp2p gives no error for a peer that froze."""
ANSWER_LIMIT: Final = 1024 * 1024
"""Bytes of one answered message at most, unless a protocol says otherwise."""


class Lines:
    """Both ends of a protocol such as `/chorus/journal/1`, at one node.

    `run` must be running. `accuse` is told the peer id and the fault of one that breaks the protocol.
    """

    def __init__(
        self,
        mesh: Mesh,
        protocol: str,
        *,
        accuse: Callable[[str, str], None],
        answer_limit: int = ANSWER_LIMIT,
    ) -> None:
        self._mesh = mesh
        self._protocol = protocol
        self._accuse = accuse
        self._answer_limit = answer_limit
        self._callers: dict[str, Caller] = {}
        self._opening: dict[str, trio.Lock] = {}
        self._nursery: trio.Nursery | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Own the streams until cancelled."""
        try:
            async with trio.open_nursery() as self._nursery:
                task_status.started()
                await trio.sleep_forever()
        finally:
            self._nursery = None

    def serve(self, handler: Handler, *, limit: int = REQUEST_LIMIT, rate: float = RATE) -> None:
        """Answer peers that ask. `limit` is the length of a request, `rate` is in frames a second."""

        async def take(stream: Stream) -> None:
            try:
                await answer(stream, handler, limit=limit, rate=rate)
            except BadFrame as fault:
                self._accuse(stream.peer_id, f"{self._protocol}: {fault}")

        self._mesh.serve(self._protocol, take)

    async def ask(self, peer_id: str, request: bytes, *, within: float) -> bytes:
        """The message that answers; empty when the answer is none. `within` is in seconds.

        Raises Unreachable when the peer is, or does not answer in time; else what the peer failed with.
        """
        try:
            with trio.fail_after(within):
                return await (await self._caller(peer_id)).ask(request)
        except trio.TooSlowError:
            raise Unreachable(f"{peer_id} did not answer within {within:g} s") from None

    @asynccontextmanager
    async def answers(self, peer_id: str, request: bytes) -> AsyncIterator[AsyncIterator[bytes]]:
        """The messages that answer, as they come; the peer is told to stop when this is left early.

        Raises as `ask` does, at any message. Nothing here bounds the time between two of them.
        """
        caller = await self._caller(peer_id)
        async with caller.answers(request) as answers:
            yield answers

    async def _caller(self, peer_id: str) -> Caller:
        async with self._opening.setdefault(peer_id, trio.Lock()):
            caller = self._callers.get(peer_id)
            if caller is None or caller.closed:
                caller = self._callers[peer_id] = Caller(await self._open(peer_id), limit=self._answer_limit)
                if self._nursery is None:
                    raise RuntimeError(f"the lines of {self._protocol} do not run")
                self._nursery.start_soon(self._carry, peer_id, caller)
            return caller

    async def _open(self, peer_id: str) -> Stream:
        with trio.move_on_after(OPEN_S):
            return await self._mesh.open(peer_id, self._protocol)
        raise Unreachable(f"{peer_id} did not take a stream within {OPEN_S:g} s")

    async def _carry(self, peer_id: str, caller: Caller) -> None:
        try:
            await caller.run()
        except BadFrame as fault:
            self._accuse(peer_id, f"{self._protocol}: {fault}")
        finally:
            if self._callers.get(peer_id) is caller:
                del self._callers[peer_id]  # its lock stays: somebody may wait for it, and peers are few
