"""Which of the watched peers answer (SWIM with Lifeguard's local health). Pure.

A linked peer that was not heard for a second is pinged; it has 250 ms, and then once more. Then it is
suspect, and others are asked whether they reach it. It is dead when nobody does for FROZEN_S: a process that
stands still for three seconds is not. When the link is gone, the same is decided faster: a listener that
refuses, and others that cannot reach it either, are death; anything less is doubt for LOST_S.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Final

from chorus_members.effect import Dead, Effect, HangUp, Ping, Suspect, Vouch
from chorus_members.health import LocalHealth

PERIOD_S: Final = 1.0
SECOND_S: Final = 1.25
"""The same for the end with the greater id, which so never pings while the other end does."""
ANSWER_S: Final = 0.25
TRIES: Final = 2
FROZEN_S: Final = 6.0
LOST_S: Final = 6.0
VOUCH_S: Final = 0.6
"""For another peer to ping it, twice if need be, and to answer."""
AGAIN_S: Final = 1.0
"""Between two rounds of asking others."""
APART_S: Final = 10.0
"""A watched peer that cannot be linked is asked after through others so often."""
LATE_S: Final = 0.25
"""A timer that comes so late tells more of this node than of any other."""
NEVER: Final = float("inf")


@dataclass(slots=True)
class _Doubt:
    until: float
    round_at: float
    suspected: bool = False
    refused: bool = False
    denied: bool = False
    reached: bool = False


@dataclass(slots=True)
class _Watched:
    heard: float
    linked: bool = False
    ping: int = 0
    tries: int = 0
    deadline: float = NEVER
    ping_at: float = NEVER
    vouch: int = 0
    vouch_at: float = NEVER
    doubt: _Doubt | None = None

    def next_at(self) -> float:
        waits = [self.deadline, self.ping_at, self.vouch_at]
        if self.doubt is not None:
            waits += [self.doubt.until, self.doubt.round_at]
        return min(waits)

    def shift(self, by: float) -> None:
        """Give back the time in which this node stood still."""
        self.deadline += by
        self.vouch_at += by
        if self.doubt is not None:
            self.doubt.until += by
            self.doubt.round_at += by


class Detector:
    """Times are in seconds on one clock that never steps back. Every method returns what is to be done."""

    def __init__(self, me: str, health: LocalHealth) -> None:
        self._me = me
        self._health = health
        self._watched: dict[str, _Watched] = {}
        self._number = 0

    def watch(self, peers: Iterable[str], links: Container[str], now: float) -> None:
        """From now on it is about these, and no others; those in `links` are linked."""
        wanted = sorted(set(peers))
        for peer_id in wanted:
            if peer_id not in self._watched:
                self._watched[peer_id] = _Watched(now, vouch_at=now + LOST_S)
                if peer_id in links:
                    self.linked(peer_id, now)
        self._watched = {peer_id: self._watched[peer_id] for peer_id in wanted}

    def linked(self, peer_id: str, now: float) -> None:
        """There is a connection, authenticated just now."""
        if (watched := self._watched.get(peer_id)) is not None:
            watched.linked = True
            self._answers(peer_id, watched, now)

    def unlinked(self, peer_id: str, now: float) -> list[Effect]:
        """The last connection is gone."""
        watched = self._watched.get(peer_id)
        if watched is None or not watched.linked:
            return []
        watched.linked = False
        watched.deadline = watched.ping_at = NEVER
        if watched.doubt is None:
            watched.doubt = _Doubt(now + LOST_S * self._health.stretch, NEVER)
        return [self._vouch(peer_id, watched, now)]

    def broken(self, peer_id: str, now: float) -> list[Effect]:
        """The kept stream ended: the connection may have, too."""
        watched = self._watched.get(peer_id)
        return [self._ping(peer_id, watched, now)] if watched is not None and watched.linked else []

    def heard(self, peer_id: str, now: float) -> None:
        """It said something."""
        watched = self._watched.get(peer_id)
        if watched is not None and watched.linked:
            self._answers(peer_id, watched, now)

    def answered(self, peer_id: str, number: int, now: float) -> None:
        """It answered a ping, in time or not."""
        watched = self._watched.get(peer_id)
        if watched is None or not watched.linked:
            return
        if watched.ping == number and now <= watched.deadline:
            self._health.answered(now)
        self._answers(peer_id, watched, now)

    def unanswerable(self, peer_id: str, number: int) -> list[Effect]:
        """A ping could not be sent: what looks like a connection is none."""
        watched = self._watched.get(peer_id)
        if watched is None or not watched.linked or watched.ping != number:
            return []
        return [HangUp(peer_id)]

    def refused(self, peer_id: str) -> list[Effect]:
        """Nobody listens where it was."""
        watched = self._watched.get(peer_id)
        if watched is None or watched.linked or watched.doubt is None:
            return []
        watched.doubt.refused = True
        return self._judge(peer_id, watched, watched.doubt)

    def vouched(self, peer_id: str, number: int, reached: bool | None, now: float) -> list[Effect]:
        """What others said: they reach it, they do not, or nothing (None)."""
        watched = self._watched.get(peer_id)
        if watched is None or watched.vouch != number:
            return []
        doubt = watched.doubt
        if reached:
            if not watched.linked:
                watched.doubt = None
                watched.vouch_at = now + APART_S
            elif doubt is not None:
                doubt.reached = True  # and we do not: the connection is at fault
            return []
        if reached is None:
            return []
        if doubt is None and not watched.linked:
            watched.vouch_at = NEVER
            watched.doubt = doubt = _Doubt(now + LOST_S * self._health.stretch, now + AGAIN_S)
        if doubt is None:
            return []
        doubt.denied, doubt.reached = True, False
        return self._judge(peer_id, watched, doubt)

    def rumoured(self, peer_id: str, now: float) -> list[Effect]:
        """Somebody suspects a peer that is linked here: look at once."""
        watched = self._watched.get(peer_id)
        if watched is None or not watched.linked or watched.doubt is not None or watched.deadline < NEVER:
            return []
        return [self._ping(peer_id, watched, now)]

    def fresh(self, peer_id: str, now: float) -> bool:
        """Whether it was heard so lately that no rumour counts against it."""
        watched = self._watched.get(peer_id)
        if watched is None or not watched.linked or watched.doubt is not None:
            return False
        return now - watched.heard <= (SECOND_S + TRIES * ANSWER_S) * self._health.stretch

    def next_at(self) -> float:
        """When `tick` is due."""
        return min((watched.next_at() for watched in self._watched.values()), default=NEVER)

    def tick(self, now: float) -> list[Effect]:
        """Time went by."""
        late = now - self.next_at()
        if late > LATE_S:
            self._health.late(now)
            for watched in self._watched.values():
                watched.shift(late)
        effects: list[Effect] = []
        for peer_id, watched in list(self._watched.items()):
            if watched.next_at() <= now:
                effects += self._tick(peer_id, watched, now)
        return effects

    def _tick(self, peer_id: str, watched: _Watched, now: float) -> list[Effect]:
        effects: list[Effect] = []
        if watched.deadline <= now:
            effects += self._missed(peer_id, watched, now)
        elif watched.ping_at <= now:
            watched.tries = 0
            effects.append(self._ping(peer_id, watched, now))
        doubt = watched.doubt
        if doubt is not None and doubt.until <= now:
            effects += self._decide(peer_id, watched, doubt, now)
        elif (doubt is not None and doubt.round_at <= now) or watched.vouch_at <= now:
            effects.append(self._vouch(peer_id, watched, now))
        return effects

    def _missed(self, peer_id: str, watched: _Watched, now: float) -> list[Effect]:
        watched.deadline = NEVER
        linked = sum(other.linked for other in self._watched.values())
        if watched.doubt is None:
            self._health.missed(peer_id, linked, now)
        if watched.tries < TRIES:
            return [self._ping(peer_id, watched, now)]
        watched.ping_at, watched.tries = now + PERIOD_S, 0
        if watched.doubt is not None:
            return []
        watched.doubt = _Doubt(now + FROZEN_S * self._health.stretch, NEVER, suspected=True)
        return [Suspect(peer_id), self._vouch(peer_id, watched, now)]

    def _decide(self, peer_id: str, watched: _Watched, doubt: _Doubt, now: float) -> list[Effect]:
        """The time for doubts is over."""
        watched.doubt = None
        if watched.linked and doubt.reached:
            return [HangUp(peer_id)]
        return self._died(peer_id, watched)

    def _judge(self, peer_id: str, watched: _Watched, doubt: _Doubt) -> list[Effect]:
        if doubt.refused and doubt.denied:
            return self._died(peer_id, watched)
        if doubt.suspected or watched.linked:
            return []
        doubt.suspected = True
        return [Suspect(peer_id)]

    def _died(self, peer_id: str, watched: _Watched) -> list[Effect]:
        effects: list[Effect] = [Dead(peer_id)]
        if watched.linked:
            effects.append(HangUp(peer_id))
        del self._watched[peer_id]
        return effects

    def _answers(self, peer_id: str, watched: _Watched, now: float) -> None:
        watched.heard = now
        watched.doubt = None
        watched.tries = 0
        watched.deadline = watched.vouch_at = NEVER
        watched.ping_at = now + (PERIOD_S if self._me < peer_id else SECOND_S)

    def _ping(self, peer_id: str, watched: _Watched, now: float) -> Ping:
        within = ANSWER_S * self._health.stretch
        watched.ping, watched.ping_at = self._next(), NEVER
        watched.deadline = now + within
        watched.tries += 1
        return Ping(peer_id, watched.ping, within)

    def _vouch(self, peer_id: str, watched: _Watched, now: float) -> Vouch:
        within = VOUCH_S * self._health.stretch
        watched.vouch = self._next()
        watched.vouch_at = NEVER
        if watched.doubt is not None:
            watched.doubt.round_at = now + within + AGAIN_S
        else:
            watched.vouch_at = now + within + APART_S
        return Vouch(peer_id, watched.vouch, within)

    def _next(self) -> int:
        self._number += 1
        return self._number
