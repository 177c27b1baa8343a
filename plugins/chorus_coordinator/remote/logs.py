"""The provider of `RemoteLogs`: finds who has a task, and follows it there."""

import logging
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from typing import Final

import msgspec
import trio

from chorus_coordinator.remote.message import (
    BadMessage,
    Find,
    Follow,
    decode_event,
    decode_found,
)
from chorus_coordinator.remote.place import Place
from chorus_coordinator.remote.serving import BEAT_S
from chorus_hooks.coordinator import TaskEvent, TaskOutput
from chorus_hooks.errors import ChorusError, NotFound, Unreachable, UsageError
from chorus_hooks.task import Task
from chorus_hooks.wire.lines import Lines
from chorus_hooks.wire.reach import Reach

_log = logging.getLogger("chorus.coordinator.remote")

ASK_S: Final = 5.0
ASKED: Final = 64
"""Members beyond the linked ones that are dialled and asked for a task at most."""
SILENCE_S: Final = 3 * BEAT_S
"""A peer that is followed says something more often."""
YOUNG_S: Final = 5.0
"""A node that has just started is not linked to its peers yet, and cannot say what they do not have."""
FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 5.0
LOST_S: Final = 60.0
"""For a peer that went away to come back: a restart, a cut."""


class PeerLogs:
    """`accuse` is told a peer and its fault."""

    def __init__(
        self, lines: Lines, reach: Reach, accuse: Callable[[str, str], None], rng: random.Random
    ) -> None:
        self._lines = lines
        self._reach = reach
        self._accuse = accuse
        self._random = rng
        self._grown_up = trio.current_time() + YOUNG_S

    async def find(self, task_id: str) -> str:
        """The whole id of a task that a peer has."""
        found = set((await self._holders(task_id)).values())
        while not found and trio.current_time() < self._grown_up:
            await trio.sleep(FIRST_PAUSE_S)
            found = set((await self._holders(task_id)).values())
        if not found:
            raise NotFound(
                f"there is no task {task_id}, here or at a peer that can be reached",
                hint="`chorus peers` shows who is there",
            )
        if len(found) > 1:
            raise UsageError(f"several tasks begin with {task_id}", hint="give more digits of the id")
        return found.pop()

    async def follow(
        self, task_id: str, *, offset: int = 0, attempt: int = 1, wait: bool = True
    ) -> AsyncGenerator[TaskEvent, None]:
        """What it prints, over cuts and restarts."""
        place = Place(attempt, offset)
        pause, lost = FIRST_PAUSE_S, trio.current_time() + LOST_S
        while True:
            for peer_id in await self._holders(task_id):
                try:
                    ask = msgspec.json.encode(Follow(task_id, place.offset, place.attempt, wait))
                    async with self._lines.answers(peer_id, ask) as messages:
                        while (event := await _next(messages, peer_id)) is not None:
                            if isinstance(event, TaskOutput):
                                place.take(event)
                            pause, lost = FIRST_PAUSE_S, trio.current_time() + LOST_S
                            yield event
                            if isinstance(event, Task):
                                return
                except ChorusError as error:
                    _log.debug("%s does not go on with task %s: %s", peer_id, task_id[:12], error.message)
                except BadMessage as fault:
                    self._accuse(peer_id, f"as the log of task {task_id[:12]}: {fault}")
            if trio.current_time() > lost:
                raise Unreachable(
                    f"nobody who has the task {task_id[:12]} can be reached any more",
                    hint="`chorus peers` shows who is there; ask again when its node is back",
                )
            await trio.sleep(pause * self._random.uniform(0.5, 1.5))
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _holders(self, task_id: str) -> dict[str, str]:
        """Peers that have such a task, and its whole id: of the linked ones, else of the others."""
        try:
            ask = msgspec.json.encode(Find(task_id))
        except ValueError:
            return {}
        return await self._ask(ask, [*self._reach.linked]) or await self._ask(
            ask, self._reach.others()[:ASKED]
        )

    async def _ask(self, ask: bytes, peers: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}

        async def one(peer_id: str) -> None:
            try:
                await self._reach.to(peer_id)
                found[peer_id] = decode_found(await self._lines.ask(peer_id, ask, within=ASK_S)).id
            except ChorusError:
                return  # it has no such task, is away, or does not know the protocol
            except BadMessage as fault:
                self._accuse(peer_id, str(fault))

        async with trio.open_nursery() as nursery:
            for peer_id in peers:
                nursery.start_soon(one, peer_id)
        return found


async def _next(messages: AsyncIterator[bytes], peer_id: str) -> TaskEvent | None:
    """The next event; None when the peer has told all that it has."""
    while True:
        with trio.move_on_after(SILENCE_S) as silence:
            message = await anext(messages, None)
        if silence.cancelled_caught:
            raise Unreachable(f"{peer_id} says nothing for {SILENCE_S:g} s")
        if message is None:
            return None
        event = decode_event(message)
        if event is not None:
            return event
