"""This node's view of the mesh: roster, detector, redials and bans, moved by events. Pure.

Every method takes the time (seconds on one clock that never steps back) and returns what is to be done.
"""

import random
from collections import Counter
from collections.abc import Iterable
from typing import Final

from chorus_members.address_book import AddressBook
from chorus_members.bans import Bans
from chorus_members.claim import Claim, claim_of
from chorus_members.detector import Detector
from chorus_members.effect import Changed, Dead, Dial, Doubled, Effect, HangUp, Suspect
from chorus_members.health import LocalHealth
from chorus_members.own import Own
from chorus_members.redial import Redials
from chorus_members.ring import Ring
from chorus_members.roster import Entry, Roster

EXPIRE_S: Final = 10.0
OUTDONE: Final = 3
"""Cards of one other life of this node that a dead one may have left behind; what comes after is alive."""


class View:
    """Has no peers at first but those that `offer`, `link_up` and `hear` bring."""

    def __init__(self, own: Own, rng: random.Random, now: float) -> None:
        self._own = own
        self.me = own.peer_id
        self.roster = Roster()
        self.health = LocalHealth()
        self.book = AddressBook()
        self._detector = Detector(self.me, self.health)
        self._redials = Redials(rng)
        self._bans = Bans()
        self._ring = Ring(self.me)
        self._links: dict[str, None] = {}
        self._contested: dict[str, Claim] = {}
        self._outdone: Counter[str] = Counter()
        self._expire_at = now + EXPIRE_S
        self._dirty = False
        self._merge(claim_of(own.signed), now)

    @property
    def own(self) -> Claim:
        """What this node says of itself."""
        return claim_of(self._own.signed)

    @property
    def links(self) -> tuple[str, ...]:
        """Linked peers, sorted."""
        return tuple(sorted(self._links))

    def linked(self, peer_id: str) -> bool:
        """Whether there is a connection."""
        return peer_id in self._links

    def banned(self, peer_id: str, now: float) -> bool:
        """Whether a peer is kept out."""
        return self._bans.holds(peer_id, now)

    def others(self) -> Iterable[Entry]:
        """Everybody but oneself, by peer id."""
        return (entry for entry in self.roster.entries() if entry.claim.peer_id != self.me)

    def addresses(self, target: str) -> tuple[str, ...]:
        """Where a target is."""
        return self.book.addresses(target, self._told(target))

    def ways(self, target: str) -> tuple[str, ...]:
        """Where to dial it."""
        return self.book.ways(target, self._told(target))

    def doubt(self, peer_id: str) -> Claim | None:
        """What is said against a peer, for it to take back: it is here, after all."""
        entry = self.roster.get(peer_id)
        if entry is not None and entry.claim.state != "alive":
            return entry.claim
        return self._contested.get(peer_id)

    def offer(self, address: str, peer_id: str | None, now: float) -> list[Effect]:
        """Discovery has an address."""
        if peer_id == self.me:
            return []
        if self.book.offer(address, peer_id):
            self._dirty = True
        else:
            self._redials.hurry(peer_id or address, now)
        return self._settle([], now)

    def link_up(self, peer_id: str, address: str, dialled: bool, now: float) -> list[Effect]:
        """A peer came up. What was cut off with it may be there again, too."""
        if self.banned(peer_id, now):
            return [HangUp(peer_id)]
        self._links[peer_id] = None
        self._dirty = True
        self.book.linked(peer_id, address, dialled)
        self._detector.linked(peer_id, now)
        self._redials.forget(peer_id)
        self._redials.hurry_all(now)
        return self._settle([], now)

    def link_down(self, peer_id: str, now: float) -> list[Effect]:
        """Its last connection is gone."""
        if self._links.pop(peer_id, self) is self:
            return []
        self._dirty = True
        entry = self.roster.get(peer_id)
        known = entry is not None and entry.claim.here
        return self._settle(self._detector.unlinked(peer_id, now) if known else [], now)

    def broken(self, peer_id: str, now: float) -> list[Effect]:
        """Its kept stream ended."""
        return self._settle(self._detector.broken(peer_id, now), now)

    def hear(self, claims: Iterable[tuple[Claim, float]], now: float) -> list[Effect]:
        """Claims with their ages, read and checked."""
        effects: list[Effect] = []
        for claim, age in claims:
            if claim.peer_id == self.me:
                effects += self._hear_of_oneself(claim, now)
            else:
                effects += self._hear_of(claim, age, now)
        return self._settle(effects, now)

    def heard(self, peer_id: str, now: float) -> None:
        """A peer said something on its kept stream."""
        self._detector.heard(peer_id, now)

    def answered(self, peer_id: str, number: int, now: float) -> None:
        """A peer answered a ping."""
        self._detector.answered(peer_id, number, now)

    def unanswerable(self, peer_id: str, number: int, now: float) -> list[Effect]:
        """A ping could not be sent."""
        return self._settle(self._detector.unanswerable(peer_id, number), now)

    def vouched(self, peer_id: str, number: int, reached: bool | None, now: float) -> list[Effect]:
        """What others said: they reach it, they do not, or nothing (None)."""
        return self._settle(self._detector.vouched(peer_id, number, reached, now), now)

    def dialled(self, target: str, address: str, peer_id: str, now: float) -> list[Effect]:
        """A dial reached a peer."""
        self.book.found(address, peer_id)
        if target == peer_id:
            self._redials.reached(target, now)
        else:
            self._redials.forget(target)
            self._dirty = True
        return self._settle([], now)

    def refused(self, target: str, address: str, now: float) -> list[Effect]:
        """Nobody listens at an address. That tells of the peer only where it was before."""
        if not self.book.telling(target, address):
            return []
        return self._settle(self._detector.refused(target), now)

    def dial_failed(self, target: str, now: float) -> list[Effect]:
        """A dial reached nobody, by whatever address."""
        self._redials.failed(target, now)
        return self._settle([], now)

    def accuse(self, peer_id: str, now: float) -> tuple[float, list[Effect]]:
        """It broke the protocol: for how many seconds it is out."""
        term = self._bans.add(peer_id, now)
        self._dirty = True
        return term, self._settle([HangUp(peer_id)], now)

    def move(self, addresses: tuple[str, ...], now: float) -> list[Effect]:
        """Where this node can be dialled."""
        if not self._own.move(addresses):
            return self._settle([], now)
        self.book.lost(self.me)
        self._dirty = True
        return self._settle(self._say(now), now)

    def leave(self, now: float) -> Claim:
        """This node goes: the last that it says."""
        self._own.leave()
        self._say(now)
        return self.own

    def next_at(self) -> float:
        """When `tick` is due."""
        return min(self._detector.next_at(), self._redials.next_at(), self._expire_at)

    def tick(self, now: float) -> list[Effect]:
        """Time went by."""
        effects = self._detector.tick(now)
        if now >= self._expire_at:
            self._expire_at = now + EXPIRE_S
            self._dirty = True  # a ban may have ended, too
            effects += self._expire(now)
            self.book.keep({entry.claim.peer_id for entry in self.others()} | set(self._links))
        return self._settle(effects, now)

    def _hear_of_oneself(self, claim: Claim, now: float) -> list[Effect]:
        if claim.key <= self.own.key or not self._own.outdo(claim.signed.card.incarnation):
            return []
        return self._say(now) + self._doubt_oneself(claim)

    def _doubt_oneself(self, claim: Claim) -> list[Effect]:
        """Each word of another life was answered by a greater one: who says one greater still is there."""
        boot = claim.signed.card.boot
        if boot == self._own.signed.card.boot:
            return []
        self._outdone[boot] += 1
        return [Doubled()] if self._outdone[boot] == OUTDONE + 1 else []

    def _hear_of(self, claim: Claim, age: float, now: float) -> list[Effect]:
        peer_id = claim.peer_id
        if claim.state in ("suspect", "dead") and self._detector.fresh(peer_id, now):
            return self._contest(claim, now)
        if not self._merge(claim, now, age):
            return []
        effects: list[Effect] = [Changed(peer_id)]
        if claim.state == "suspect":
            effects += self._detector.rumoured(peer_id, now)
        elif claim.state == "dead" and peer_id in self._links:
            effects.append(HangUp(peer_id))
        return effects

    def _contest(self, claim: Claim, now: float) -> list[Effect]:
        """It answered here a moment ago: let it hear what is said, and take that back itself."""
        self._contested[claim.peer_id] = claim
        alive = claim.said("alive")
        effects: list[Effect] = [Changed(claim.peer_id)] if self._merge(alive, now) else []
        return effects + self._detector.rumoured(claim.peer_id, now)

    def _told(self, peer_id: str) -> tuple[str, ...]:
        entry = self.roster.get(peer_id)
        return entry.claim.signed.card.addresses if entry else ()

    def _say(self, now: float) -> list[Effect]:
        return [Changed(self.me)] if self._merge(self.own, now) else []

    def _merge(self, claim: Claim, now: float, age: float = 0.0) -> bool:
        if not self.roster.merge(claim, now, age):
            return False
        if claim.peer_id != self.me:
            (self._ring.add if claim.here else self._ring.remove)(claim.peer_id)
        self._dirty = True
        return True

    def _expire(self, now: float) -> list[Effect]:
        died = self.roster.expire(now)
        for claim in died:
            self._ring.remove(claim.peer_id)
        return [Changed(claim.peer_id) for claim in died]

    def _settle(self, effects: list[Effect], now: float) -> list[Effect]:
        """Follow from what happened whom to watch and whom to dial."""
        done: list[Effect] = []
        for effect in effects:
            if isinstance(effect, Suspect | Dead):
                done += self._blame(effect.peer_id, "suspect" if isinstance(effect, Suspect) else "dead", now)
            else:
                done.append(effect)
        if self._dirty:
            self._dirty = False
            self._watch(now)
        return done + [Dial(target) for target in self._redials.due(now)]

    def _blame(self, peer_id: str, state: str, now: float) -> list[Effect]:
        entry = self.roster.get(peer_id)
        if entry is None:
            return []
        claim = entry.claim.said("suspect" if state == "suspect" else "dead")
        return [Changed(peer_id)] if entry.claim.here and self._merge(claim, now) else []

    def _watch(self, now: float) -> None:
        gone = self.roster.gone()
        near = self._ring.neighbours()
        back = [peer_id for peer_id in gone if self._ring.beside(peer_id)]
        out = {peer_id for peer_id in (*near, *back, *self._links) if self.banned(peer_id, now)} | {self.me}
        strange = [peer_id for peer_id in gone if peer_id in self._links]
        self._detector.watch({*near, *strange} - out, self._links, now)
        self._redials.only({*near, *back, *self.book.seeds()} - out - set(self._links), now)
        self._contested = {
            peer_id: claim
            for peer_id, claim in self._contested.items()
            if (entry := self.roster.get(peer_id)) is not None and claim.key > entry.claim.key
        }
