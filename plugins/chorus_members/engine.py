"""The view at work: events go in, and what it wants done is done in tasks of one nursery."""

import logging
import random
from collections.abc import Callable
from typing import Final

import trio

from chorus_hooks.errors import ChorusError, Unreachable
from chorus_hooks.event import Events
from chorus_hooks.identity import Identity
from chorus_hooks.members import Member
from chorus_hooks.mesh import Mesh
from chorus_hooks.wire.lines import Lines
from chorus_members.card import BadCard
from chorus_members.claim import Claim, claim_of
from chorus_members.counts import Counts
from chorus_members.dialling import Dialling
from chorus_members.effect import Changed, Dial, Doubled, Effect, HangUp, Ping, Vouch
from chorus_members.followers import Followers
from chorus_members.message import BadMessage, Rumour, claim_in, rumour_of
from chorus_members.own import Own
from chorus_members.roster import KEPT_S, Entry
from chorus_members.talk import PROTOCOL, Talk
from chorus_members.view import View
from chorus_members.watchers import Watchers

HELPERS: Final = 3
"""Peers that are asked whether they reach another one."""
REACH_S: Final = 0.5
"""For a ping, or a dial, that another peer asked for."""

_DOUBLED: Final = (
    "another node is up with the key of this one: a state dir was copied, and each node needs one of its own"
)

_log = logging.getLogger("chorus.members")


class Engine:
    """Construct it inside trio. `unix` gives Unix seconds; it is asked once."""

    def __init__(
        self,
        mesh: Mesh,
        identity: Identity,
        events: Events,
        own: Own,
        *,
        counts: Counts,
        rng: random.Random,
        unix: Callable[[], float],
    ) -> None:
        self._mesh = mesh
        self._identity = identity
        self._events = events
        self._cluster = own.signed.card.cluster
        self._counts = counts
        self._rng = rng
        self._epoch = unix() - trio.current_time()
        self.view = View(own, rng, trio.current_time())
        self.rtts: dict[str, float] = {}
        self.followers = Followers()
        self.watchers = Watchers(self.members)
        self.lines = Lines(mesh, PROTOCOL, accuse=self.accuse)
        self.talk = Talk(self.lines)
        self._dialling = Dialling(mesh, self, counts)
        self._told: dict[str, Member] = {}
        self._woken = trio.Event()
        self._wakes_at = float("-inf")
        self._nursery: trio.Nursery | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Let time pass, and do what is wanted, until cancelled."""
        try:
            async with trio.open_nursery() as self._nursery:
                task_status.started()
                while True:
                    self.perform(self.view.tick(trio.current_time()))
                    self._woken = trio.Event()
                    self._wakes_at = self.view.next_at()
                    with trio.move_on_at(self._wakes_at):
                        await self._woken.wait()
        finally:
            self._nursery = None

    def perform(self, effects: list[Effect]) -> None:
        """Begin to do what the view wants."""
        for effect in effects:
            match effect:
                case Changed():
                    self._publish(effect.peer_id)
                case Ping():
                    self._start(self._ping, effect)
                case Vouch():
                    self._start(self._vouch, effect)
                case Dial():
                    self._counts.redials += 1
                    self._start(self._dialling.dial, effect.target)
                case HangUp():
                    self._start(self._mesh.hang_up, effect.peer_id)
                case Doubled():
                    _log.warning(_DOUBLED)
        if self.view.next_at() < self._wakes_at:
            self._woken.set()

    def heard(self, peer_id: str) -> None:
        """A peer said something."""
        self.view.heard(peer_id, trio.current_time())

    def hear(self, sender: str, rumours: tuple[Rumour, ...]) -> None:
        """A peer told something; one that passes on what nobody signed is accused."""
        self._counts.rumours += len(rumours)
        claims: list[tuple[Claim, float]] = []
        for rumour in rumours:
            try:
                found = self._claim_in(rumour)
            except BadCard as fault:
                self.accuse(sender, f"members: {fault}")
                return
            if found is not None:
                claims.append(found)
                self.followers.knows(sender, found[0])
        effects = self.view.hear(claims, trio.current_time())
        self._counts.rumours_new += sum(isinstance(effect, Changed) for effect in effects)
        self.perform(effects)

    def rumour(self, peer_id: str) -> Rumour | None:
        """What this node claims of a peer."""
        found = self.claimed(peer_id)
        return found[1] if found else None

    def claimed(self, peer_id: str) -> tuple[Claim, Rumour] | None:
        """The same, as a claim too."""
        entry = self.view.roster.get(peer_id)
        if entry is None:
            return None
        return entry.claim, rumour_of(entry.claim, trio.current_time() - entry.state_since)

    def against(self, peer_id: str) -> Rumour | None:
        """What is said against a peer, for it to take back."""
        claim = self.view.doubt(peer_id)
        return rumour_of(claim, 0.0) if claim else None

    def accuse(self, peer_id: str, why: str) -> None:
        """Keep it out for a while."""
        if self.view.banned(peer_id, trio.current_time()):
            return
        term, effects = self.view.accuse(peer_id, trio.current_time())
        self._counts.accused += 1
        _log.warning("%s broke the protocol and stays out for %g s: %s", peer_id, term, why[:300])
        self.perform(effects)

    async def reaches(self, peer_id: str) -> bool:
        """Whether a peer answers this node, asked for by another one."""
        with trio.move_on_after(REACH_S):
            if not self.view.linked(peer_id):
                return await self._dialling.reaches(peer_id)
            try:
                await self._ask(peer_id)
            except (ChorusError, BadMessage):
                return False
            return True
        return False

    def members(self) -> tuple[Member, ...]:
        """Everybody but oneself."""
        return tuple(map(self.member, self.view.others()))

    def member(self, entry: Entry) -> Member:
        """As others in this process see it."""
        card = entry.claim.signed.card
        return Member(
            peer_id=card.peer_id,
            boot=card.boot,
            agent_id=card.agent_id,
            kind=card.kind,
            version=card.version,
            capabilities=card.capabilities,
            state=entry.claim.state,
            since=round(self._epoch + entry.since, 3),
            addresses=card.addresses,
            rtt_ms=self.rtts.get(card.peer_id) if self.view.linked(card.peer_id) else None,
        )

    def _start(self, act: Callable[..., object], *args: object) -> None:
        if self._nursery is not None:  # else it ends, or has not begun
            self._nursery.start_soon(act, *args)  # type: ignore[arg-type]

    def _publish(self, peer_id: str) -> None:
        entry = self.view.roster.get(peer_id)
        if entry is None:
            return
        self.followers.changed(entry.claim)
        if peer_id == self.view.me:
            return
        member = self.member(entry)
        told = self._told.get(peer_id)
        if _same(told, member):
            return
        self._told[peer_id] = member
        if told is not None and told.state != member.state:
            self._counts.suspected += member.state == "suspect"
            self._counts.died += member.state == "dead"
        _log.info("%s is %s", peer_id, member.state, extra={"agent_id": member.agent_id})
        self.watchers.changed(member)
        self._events.peer_changed(member)

    def _claim_in(self, rumour: Rumour) -> tuple[Claim, float] | None:
        """Checks a signature only when the text is news: most of what is heard is known."""
        known = self.view.roster.card(rumour.card)
        if known is not None:
            return claim_of(known, rumour.state), min(rumour.age, 2 * KEPT_S)
        return claim_in(rumour, self._cluster, self._identity.verify)

    async def _ping(self, ping: Ping) -> None:
        peer_id = ping.peer_id
        self._counts.pings += 1
        try:
            await self._ask(peer_id, ping.number)
        except Unreachable:
            self._counts.unanswered += 1
            self.perform(self.view.unanswerable(peer_id, ping.number, trio.current_time()))
        except BadMessage as fault:
            self.accuse(peer_id, f"members: {fault}")
        except ChorusError:
            self.view.answered(peer_id, ping.number, trio.current_time())  # a no is an answer

    async def _ask(self, peer_id: str, number: int = 0) -> None:
        began = trio.current_time()
        pong = await self.talk.ping(peer_id, self.against(peer_id), self.rtts.get(peer_id))
        now = trio.current_time()
        self.rtts[peer_id] = round(1000 * (now - began), 3)
        self.view.answered(peer_id, number, now)
        self.hear(peer_id, tuple(rumour for rumour in (pong.own, pong.against) if rumour is not None))

    async def _vouch(self, vouch: Vouch) -> None:
        peer_id = vouch.peer_id
        others = [one for one in self.view.links if one != peer_id]
        answers: list[bool] = []
        with trio.move_on_after(vouch.within):
            async with trio.open_nursery() as nursery:

                async def ask(helper: str) -> None:
                    try:
                        answers.append(await self.talk.probe(helper, peer_id, vouch.within))
                    except (ChorusError, BadMessage):
                        return
                    if answers[-1]:
                        nursery.cancel_scope.cancel()

                for helper in self._rng.sample(others, min(HELPERS, len(others))):
                    nursery.start_soon(ask, helper)
        reached = any(answers) if answers or not others else None
        self.perform(self.view.vouched(peer_id, vouch.number, reached, trio.current_time()))


def _same(told: Member | None, member: Member) -> bool:
    if told is None:
        return False
    return (told.boot, told.state, _description(told)) == (member.boot, member.state, _description(member))


def _description(member: Member) -> tuple[object, ...]:
    return member.agent_id, member.kind, member.version, member.capabilities, member.addresses
