"""The failure detector against peers that pause, starve, freeze, die and lose their links."""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus_members.detector import ANSWER_S, FROZEN_S, LOST_S, PERIOD_S, SECOND_S, VOUCH_S, Detector
from chorus_members.effect import Dead, Dial, Doubled, Effect, HangUp, Ping, Suspect, Vouch
from chorus_members.health import WORST, LocalHealth

RTT_S = 0.002


@dataclass
class World:
    """One detector, `m`, and the peers that it watches, on a clock of its own.

    `pauses` are spans in which a peer stands still, `deaf` those in which the detector's own process does.
    `reach` is what others say of a peer; nobody listens where the `refusing` ones were.
    """

    peers: tuple[str, ...]
    me: str = "m"
    pauses: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    reach: dict[str, bool | None] = field(default_factory=dict)
    deaf: list[tuple[float, float]] = field(default_factory=list)
    refusing: set[str] = field(default_factory=set)
    now: float = 0.0
    told: list[tuple[float, Effect]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.health = LocalHealth()
        self.detector = Detector(self.me, self.health)
        self._events: list[tuple[float, int, Callable[[], Iterable[Effect] | None]]] = []
        self._count = 0
        self.detector.watch(self.peers, self.peers, 0)

    def at(self, when: float, act: Callable[[], Iterable[Effect] | None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, act))

    def run(self, until: float) -> None:
        while True:
            due = min(self.detector.next_at(), self._events[0][0] if self._events else until)
            if due >= until:
                self.now = until
                return
            self.now = max(self.now, next((end for begin, end in self.deaf if begin <= due < end), due))
            if self.detector.next_at() <= self.now:
                self.do(self.detector.tick(self.now))
            while self._events and self._events[0][0] <= self.now:
                self.do(heapq.heappop(self._events)[2]() or ())

    def do(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            self.told.append((self.now, effect))
            if isinstance(effect, Ping):
                self.ping(effect)
            elif isinstance(effect, Vouch):
                self.vouch(effect)
            elif isinstance(effect, HangUp):
                self.unlink(effect.peer_id)

    def ping(self, ping: Ping) -> None:
        when = self.awake(ping.peer_id, self.now + RTT_S)
        self.at(when, lambda: self.detector.answered(ping.peer_id, ping.number, self.now))

    def vouch(self, vouch: Vouch) -> None:
        peer_id = vouch.peer_id
        there = self.awake(peer_id, self.now) == self.now
        reached = self.reach.get(peer_id, there)
        self.at(self.now + RTT_S, lambda: self.detector.vouched(peer_id, vouch.number, reached, self.now))

    def unlink(self, peer_id: str) -> None:
        self.do(self.detector.unlinked(peer_id, self.now))
        if peer_id in self.refusing:
            self.at(self.now + RTT_S, lambda: self.detector.refused(peer_id))

    def kill(self, peer_id: str) -> None:
        self.pauses[peer_id] = [(self.now, float("inf"))]
        self.refusing.add(peer_id)
        self.unlink(peer_id)

    def awake(self, peer_id: str, when: float) -> float:
        return next((end for begin, end in self.pauses.get(peer_id, ()) if begin <= when < end), when)

    def when(self, kind: type[Effect], peer_id: str) -> list[float]:
        return [at for at, effect in self.all(kind) if named(effect) == peer_id]

    def all(self, kind: type[Effect]) -> list[tuple[float, Effect]]:
        return [(at, effect) for at, effect in self.told if isinstance(effect, kind)]


def named(effect: Effect) -> str:
    assert not isinstance(effect, Doubled)
    return effect.target if isinstance(effect, Dial) else effect.peer_id


def test_a_peer_that_answers_is_pinged_once_a_second_and_never_suspected() -> None:
    world = World(("p",))
    world.run(100)
    assert len(world.when(Ping, "p")) == pytest.approx(100, abs=2)
    assert not world.all(Suspect)


def test_a_peer_that_was_heard_is_not_pinged() -> None:
    world = World(("a",))
    for tenth in range(100):
        world.at(tenth / 10, lambda: world.detector.heard("a", world.now))
    world.run(9.5)
    assert not world.all(Ping)


def test_only_one_end_of_a_pair_pings() -> None:
    assert SECOND_S > PERIOD_S + ANSWER_S / 2
    lower, greater = World(("z",)), World(("a",))
    lower.run(1.1)
    greater.run(1.1)
    assert (len(lower.all(Ping)), len(greater.all(Ping))) == (1, 0)


def test_a_miss_is_repeated_at_once_and_two_are_a_suspicion() -> None:
    world = World(("p",), pauses={"p": [(5.0, 1e9)]})
    world.run(8)
    (suspected,) = world.when(Suspect, "p")
    assert 5 + 2 * ANSWER_S <= suspected <= 5 + PERIOD_S + 2 * ANSWER_S + 0.1
    last = [at for at in world.when(Ping, "p") if at <= suspected][-2:]
    assert last[1] - last[0] == pytest.approx(ANSWER_S)


def test_a_pause_of_three_seconds_is_no_death_and_a_long_one_is() -> None:
    world = World(("p",), pauses={"p": [(5.0, 8.0), (50.0, 1e9)]})
    world.run(49)
    assert world.when(Suspect, "p")
    assert not world.all(Dead)
    world.run(70)
    (died,) = world.when(Dead, "p")
    assert 50 + FROZEN_S < died < 50 + PERIOD_S + 2 * ANSWER_S + FROZEN_S + 0.5
    assert world.when(HangUp, "p")


def test_a_killed_peer_is_dead_as_soon_as_it_refuses_and_others_miss_it_too() -> None:
    world = World(("p", "q", "r"))
    world.at(5, lambda: world.kill("p"))
    world.run(10)
    (died,) = world.when(Dead, "p")
    assert died - 5 < 0.05


def test_alone_with_a_killed_peer_there_is_nobody_to_ask() -> None:
    world = World(("p",), reach={"p": False})
    world.at(5, lambda: world.kill("p"))
    world.run(6)
    assert world.when(Dead, "p")


def test_a_lost_link_alone_is_no_death_when_others_reach_the_peer() -> None:
    world = World(("p", "q"), reach={"p": True})
    world.at(5, lambda: world.unlink("p"))
    world.run(120)
    assert not world.all(Suspect)
    assert not world.all(Dead)


def test_a_refusal_alone_is_no_death_when_others_reach_the_peer() -> None:
    world = World(("p", "q"), reach={"p": True}, refusing={"p"})
    world.at(5, lambda: world.unlink("p"))
    world.run(120)
    assert not world.all(Dead)


def test_a_refusal_that_nobody_confirms_is_only_a_suspicion_for_a_while() -> None:
    world = World(("p", "q"), reach={"p": None}, refusing={"p"})
    world.at(5, lambda: world.unlink("p"))
    world.run(30)
    (suspected,), (died,) = world.when(Suspect, "p"), world.when(Dead, "p")
    assert suspected - 5 < 0.1
    assert died == pytest.approx(5 + LOST_S, abs=0.5)


def test_silence_after_a_lost_link_is_death_after_a_while() -> None:
    world = World(("p", "q"), reach={"p": None})
    world.at(5, lambda: world.unlink("p"))
    world.run(30)
    (died,) = world.when(Dead, "p")
    assert died == pytest.approx(5 + LOST_S, abs=0.5)


def test_a_link_that_others_do_better_than_is_hung_up() -> None:
    world = World(("p", "q"), pauses={"p": [(5.0, 1e9)]}, reach={"p": True})
    world.run(20)
    assert world.when(HangUp, "p")
    assert not world.all(Dead)


def test_a_new_link_ends_all_doubt() -> None:
    world = World(("p", "q"), reach={"p": None})
    world.at(5, lambda: world.unlink("p"))
    world.at(8, lambda: world.detector.linked("p", world.now))
    world.run(60)
    assert not world.all(Dead)


def test_an_unlinked_peer_is_asked_after_and_dead_when_nobody_reaches_it() -> None:
    world = World(("p",), reach={"q": False})
    world.detector.watch(("p", "q"), ("p",), 0)
    world.run(60)
    (suspected,), (died,) = world.when(Suspect, "q"), world.when(Dead, "q")
    assert LOST_S <= suspected < died < 3 * LOST_S


def test_a_ping_that_cannot_be_sent_shows_that_the_link_is_none() -> None:
    world = World(("p", "q"), refusing={"p"})
    world.run(3)
    world.pauses["p"] = [(3.0, 1e9)]
    (effect,) = world.detector.broken("p", 3)
    assert isinstance(effect, Ping)
    world.do(world.detector.unanswerable("p", effect.number))
    world.run(3.2)
    assert world.when(Dead, "p")


def test_a_stale_ping_that_could_not_be_sent_says_nothing() -> None:
    world = World(("p",))
    (first,), (_,) = world.detector.broken("p", 0.1), world.detector.broken("p", 0.2)
    assert isinstance(first, Ping)
    assert world.detector.unanswerable("p", first.number) == []


def test_a_rumour_counts_for_nothing_against_a_peer_that_was_just_heard_but_makes_us_look() -> None:
    world = World(("p",))
    world.run(1.5)
    assert world.detector.fresh("p", 1.5)
    (effect,) = world.detector.rumoured("p", 1.5)
    assert isinstance(effect, Ping)
    assert not world.detector.fresh("p", 60)


def test_a_node_that_stood_still_itself_blames_nobody() -> None:
    names = tuple("abcdefg")
    world = World(names, deaf=[(5.0, 8.0), (20.0, 25.0), (40.0, 52.0)])
    world.run(90)
    assert not world.all(Suspect)
    assert not world.all(Dead)


def test_a_doubt_does_not_run_out_while_the_node_itself_stands_still() -> None:
    world = World(("p", "q"), pauses={"p": [(5.0, 8.0)]}, deaf=[(7.5, 25.0)])
    world.run(60)
    assert world.when(Suspect, "p")
    assert not world.all(Dead)


def test_a_node_that_misses_several_at_once_gives_them_more_time() -> None:
    names = tuple("abcdefgh")
    alone = World(("a", *names[1:]), pauses={"a": [(5.0, 1e9)]})
    together = World(names, pauses={name: [(5.0, 1e9)] for name in names})
    alone.run(100)
    together.run(100)
    assert min(at for at, _ in together.all(Dead)) > min(at for at, _ in alone.all(Dead)) + FROZEN_S / 2
    assert together.health.score > 0 == alone.health.score


def test_nothing_stretches_for_ever() -> None:
    health = LocalHealth()
    for second in range(50):
        health.late(second)
    assert health.score == WORST
    for second in range(50, 50 + WORST):
        health.answered(second)
    assert health.score == 0


SPANS = st.lists(st.tuples(st.floats(0.5, 20), st.floats(0.05, 3.0)), max_size=8)


def pauses(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Gaps and lengths as spans of time."""
    found, now = [], 2.0
    for gap, length in spans:
        found.append((now + gap, now + gap + length))
        now += gap + length
    return found


@settings(max_examples=40, deadline=None)
@given(peers=st.lists(SPANS, min_size=1, max_size=6), own=SPANS)
def test_no_schedule_of_pauses_up_to_three_seconds_kills_anybody(
    peers: list[list[tuple[float, float]]], own: list[tuple[float, float]]
) -> None:
    names = [f"p{number}" for number in range(len(peers))]
    world = World(
        tuple(names),
        pauses={name: pauses(spans) for name, spans in zip(names, peers, strict=True)},
        deaf=pauses(own),
    )
    world.run(240)
    assert not world.all(Dead)


@settings(max_examples=40, deadline=None)
@given(peers=st.lists(SPANS, min_size=1, max_size=6), own=SPANS, at=st.floats(3, 60))
def test_whatever_else_goes_on_a_frozen_peer_is_found_in_the_end(
    peers: list[list[tuple[float, float]]], own: list[tuple[float, float]], at: float
) -> None:
    names = [f"p{number}" for number in range(len(peers))]
    world = World(
        ("x", *names),
        pauses={name: pauses(spans) for name, spans in zip(names, peers, strict=True)} | {"x": [(at, 1e9)]},
        deaf=pauses(own),
    )
    world.run(at + 20 + (1 + WORST) * FROZEN_S + VOUCH_S * (1 + WORST) + 60)
    assert len(world.when(Dead, "x")) == 1
    assert [named(effect) for _, effect in world.all(Dead)] == ["x"]
