"""What this node asks its peers on the kept streams."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from typing import Final, TypeVar

import trio

from chorus_hooks.errors import Unreachable
from chorus_hooks.wire.lines import Lines
from chorus_hooks.wire.rate import Rate
from chorus_members.message import (
    Compare,
    Fetch,
    Follow,
    Held,
    News,
    Ping,
    Pong,
    Probe,
    Reached,
    Request,
    Rumour,
    Summary,
    Tell,
    decode_answer,
    encode,
)

PROTOCOL: Final = "/chorus/members/1"
PATIENCE_S: Final = 5.0
"""For an answer to come at all. That a ping is late is said long before, but a late answer is one, too."""
NEWS_RATE: Final = 100.0
"""Messages a second that are read of one peer's news; each may need 64 signatures checked."""

A = TypeVar("A", Pong, Reached, News, Summary)


class Talk:
    """Raises Unreachable when a peer does not answer, BadMessage when it answers nonsense."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    async def ping(self, peer_id: str, against: Rumour | None, rtt_ms: float | None) -> Pong:
        """Whether it answers."""
        return await self._ask(peer_id, Ping(against=against, rtt_ms=rtt_ms), Pong, PATIENCE_S)

    async def probe(self, helper: str, peer_id: str, within: float) -> bool:
        """Whether another peer reaches `peer_id`."""
        return (await self._ask(helper, Probe(peer_id=peer_id), Reached, within)).reached

    async def compare(self, peer_id: str, root: str) -> tuple[Held, ...]:
        """What it holds; empty when that is the same as here."""
        return (await self._ask(peer_id, Compare(root=root), Summary, PATIENCE_S)).held

    async def fetch(self, peer_id: str, names: Iterable[str]) -> tuple[Rumour, ...]:
        """What it claims of these."""
        return (await self._ask(peer_id, Fetch(peer_ids=tuple(names)), News, PATIENCE_S)).rumours

    async def tell(self, peer_id: str, rumours: tuple[Rumour, ...], within: float = PATIENCE_S) -> None:
        """Have it know these."""
        await self._lines.ask(peer_id, encode(Tell(rumours=rumours)), within=within)

    @asynccontextmanager
    async def follow(self, peer_id: str) -> AsyncIterator[AsyncIterator[tuple[Rumour, ...]]]:
        """What changes there. It ends, or raises Unreachable, when the stream does."""
        with trio.move_on_after(PATIENCE_S) as opening:
            async with self._lines.answers(peer_id, encode(Follow())) as messages:
                opening.deadline = float("inf")
                async with aclosing(_paced(messages)) as paced:
                    yield paced
        if opening.cancelled_caught:
            raise Unreachable(f"{peer_id} takes no stream")

    async def _ask(self, peer_id: str, request: Request, kind: type[A], within: float) -> A:
        return decode_answer(await self._lines.ask(peer_id, encode(request), within=within), kind)


async def _paced(messages: AsyncIterator[bytes]) -> AsyncGenerator[tuple[Rumour, ...], None]:
    rate = Rate(NEWS_RATE, burst=NEWS_RATE)
    async for message in messages:
        if (delay := rate.take(trio.current_time())) > 0:
            await trio.sleep(delay)
        yield decode_answer(message, News).rumours
