"""What peers ask this node on the kept streams, and what it answers."""

from typing import Final

import trio

from chorus_hooks.errors import UsageError
from chorus_hooks.wire.answering import Call
from chorus_members.engine import Engine
from chorus_members.message import (
    BadMessage,
    Compare,
    Fetch,
    Follow,
    News,
    Ping,
    Pong,
    Probe,
    Reached,
    Request,
    Summary,
    Tell,
    UnknownRequest,
    batches,
    decode_request,
    encode,
)
from chorus_members.sync import held

RATE: Final = 200.0
"""Frames a second of one peer: two pings, and what a mesh of hundreds has to tell when it changes."""
TOGETHER_S: Final = 0.02
"""Pause after news that were told: a single one goes at once, those of a burst go together."""


class Desk:
    """Answers. A peer that asks nonsense is accused; one that asks what is unknown is told so."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def answer(self, call: Call) -> bytes | None:
        """One request."""
        try:
            request = decode_request(call.request)
        except UnknownRequest as error:
            raise UsageError("this version does not know that request") from error
        except BadMessage as error:
            self._engine.accuse(call.peer_id, f"members: {error}")
            raise UsageError("no request") from error
        self._engine.heard(call.peer_id)
        return await self._answer(call, request)

    async def _answer(self, call: Call, request: Request) -> bytes | None:
        match request:
            case Ping():
                return encode(self._pong(call.peer_id, request))
            case Probe():
                return encode(Reached(reached=await self._engine.reaches(request.peer_id)))
            case Follow():
                await self._follow(call)
            case Compare():
                return encode(self._summary(request))
            case Fetch():
                return encode(self._news(request))
            case Tell():
                self._engine.hear(call.peer_id, request.rumours)
        return None

    def _pong(self, peer_id: str, ping: Ping) -> Pong:
        engine = self._engine
        if ping.rtt_ms is not None:
            engine.rtts[peer_id] = ping.rtt_ms
        own = None
        if ping.against is not None:
            engine.hear(peer_id, (ping.against,))
            own = engine.rumour(engine.view.me)
        return Pong(own=own, against=engine.against(peer_id))

    def _summary(self, compare: Compare) -> Summary:
        roster = self._engine.view.roster
        if compare.root == roster.root():
            return Summary()
        return Summary(held=tuple(held(entry.claim) for entry in roster.entries()))

    def _news(self, fetch: Fetch) -> News:
        """What fits into one message; whoever wants the rest asks again."""
        found = [rumour for peer_id in fetch.peer_ids if (rumour := self._engine.rumour(peer_id))]
        return News(rumours=next(batches(found), ()))

    async def _follow(self, call: Call) -> None:
        with self._engine.followers.joined(call.peer_id) as follower, follower.scope:
            while True:
                for batch in await follower.next(self._engine.claimed):
                    await call.send(encode(News(rumours=batch)))
                await trio.sleep(TOGETHER_S)
