"""A node's view: what it believes of whom, what it takes back, whom it watches, dials and keeps out."""

import random
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from chorus_members.claim import Claim
from chorus_members.effect import Changed, Dial, Doubled, Effect, HangUp, Ping
from chorus_members.own import Own
from chorus_members.ring import FULL
from chorus_members.roster import SUSPECT_S
from chorus_members.view import EXPIRE_S, OUTDONE, View
from tests.unit.members.cards import claim, own

WHERE = "/ip4/10.0.0.2/tcp/9000"
P, Q = claim(2).peer_id, claim(3).peer_id


def view(mine: Own | None = None) -> View:
    return View(mine or own(), random.Random(1), 0.0)


def state(seen: View, peer_id: str) -> str:
    entry = seen.roster.get(peer_id)
    assert entry is not None
    return entry.claim.state


def hear(seen: View, made: Claim, now: float = 0.0) -> list[Effect]:
    return seen.hear([(made, 0.0)], now)


def changes(effects: list[Effect]) -> list[str]:
    return [effect.peer_id for effect in effects if isinstance(effect, Changed)]


def dials(effects: list[Effect]) -> list[str]:
    return [effect.target for effect in effects if isinstance(effect, Dial)]


def linked(now: float = 0.0) -> View:
    """One that knows P and is linked to it."""
    seen = view()
    seen.link_up(P, "/ip4/10.0.0.2/tcp/9000", True, now)
    hear(seen, claim(2, 5), now)
    return seen


def test_a_peer_that_is_heard_of_is_dialled_once() -> None:
    seen = view()
    assert dials(hear(seen, claim(2))) == [P]
    assert dials(hear(seen, claim(2, 2))) == []


def test_what_is_said_against_oneself_is_taken_back_by_a_greater_incarnation() -> None:
    seen = view(own(1, incarnation=10))
    mine = seen.own
    assert changes(hear(seen, mine.said("suspect"))) == [seen.me]
    assert seen.own.signed.card.incarnation == 11
    assert changes(hear(seen, mine.said("dead"))) == []
    assert state(seen, seen.me) == "alive"


def test_an_earlier_life_that_others_hold_is_outdone_though_the_clock_was_set_back() -> None:
    seen = view(own(1, incarnation=10))
    hear(seen, claim(1, 5000, "dead", boot="e" * 32))
    assert seen.own.signed.card.incarnation == 5001
    assert state(seen, seen.me) == "alive"


def test_another_life_that_goes_on_above_what_it_heard_is_a_second_node_with_this_key() -> None:
    seen = view(own(1, incarnation=10))

    def says(boot: str) -> list[Effect]:
        return hear(seen, claim(1, seen.own.signed.card.incarnation + 1, boot=boot))

    told = [Doubled() in says("e" * 32) for _ in range(OUTDONE + 3)]
    assert told == [*[False] * OUTDONE, True, False, False]
    assert Doubled() not in says("d" * 32)  # once each: what many lives left behind
    assert Doubled() not in [effect for _ in range(9) for effect in says(seen.own.signed.card.boot)]


def test_a_node_that_has_no_greater_number_bears_it() -> None:
    seen = view()
    assert changes(hear(seen, claim(1, 2**53 - 1, boot="e" * 32))) == []


def test_a_death_that_one_knows_better_is_contested_and_told_to_the_peer() -> None:
    seen = linked()
    effects = hear(seen, claim(2, 5, "dead"), 0.5)
    assert state(seen, P) == "alive"
    assert [effect.peer_id for effect in effects if isinstance(effect, Ping)] == [P]
    assert seen.doubt(P) == claim(2, 5, "dead")
    hear(seen, claim(2, 6), 0.6)
    assert seen.doubt(P) is None


def test_a_contested_rumour_still_brings_the_newer_card_in_it() -> None:
    seen = linked()
    assert changes(hear(seen, claim(2, 9, "dead"), 0.5)) == [P]
    entry = seen.roster.get(P)
    assert entry is not None
    assert (entry.claim.state, entry.claim.signed.card.incarnation) == ("alive", 9)


def test_a_death_is_believed_when_nothing_speaks_against_it() -> None:
    seen = linked()
    effects = hear(seen, claim(2, 5, "dead"), 30.0)
    assert state(seen, P) == "dead"
    assert HangUp(P) in effects


def test_a_dead_peer_that_is_linked_again_is_told_what_is_said() -> None:
    seen = view()
    hear(seen, claim(2, 5, "dead"))
    seen.link_up(P, "/ip4/10.0.0.2/tcp/9000", True, 1.0)
    assert seen.doubt(P) == claim(2, 5, "dead")


def test_who_left_is_not_asked_after_but_dialled_in_case_it_comes_back() -> None:
    seen = linked()
    hear(seen, claim(2, 6, left=True), 1.0)
    effects = seen.link_down(P, 1.1)
    assert [type(effect) for effect in effects] == [Dial]
    assert state(seen, P) == "left"


def test_the_dead_are_dialled_for_ever_and_forgotten_after_an_hour() -> None:
    seen = view()
    hear(seen, claim(2, 5, "dead"))
    now, tries = 0.0, 0
    while now < 3500:
        now = seen.next_at()
        for target in dials(seen.tick(now)):
            seen.dial_failed(target, now)
            tries += 1
    assert tries > 400
    while now < 3700:
        now = seen.next_at()
        for target in dials(seen.tick(now)):
            seen.dial_failed(target, now)
    assert seen.roster.get(P) is None
    assert dials(seen.tick(4000)) == []


def test_who_died_of_an_old_suspicion_is_no_neighbour_any_more() -> None:
    seen = view()
    crowd = [claim(number) for number in range(2, FULL + 1)]
    for made in crowd:
        hear(seen, made)
    hear(seen, claim(99, 1, "suspect"))
    dialled = set(dials(seen.tick(SUSPECT_S + EXPIRE_S)))
    assert {made.peer_id for made in crowd} <= dialled


def test_what_discovery_offers_is_dialled_for_ever_even_when_nobody_knows_whose_it_is() -> None:
    seen, address = view(), "/ip4/10.0.0.9/tcp/9000"
    assert dials(seen.offer(address, None, 0.0)) == [address]
    for _ in range(50):
        now = seen.next_at()
        for target in dials(seen.tick(now)):
            seen.dial_failed(target, now)
    seen.dialled(address, address, P, 10_000)
    seen.link_up(P, address, True, 10_000)
    assert dials(seen.link_down(P, 10_001)) == [P]
    assert seen.addresses(P) == (f"{address}/p2p/{P}",)


def test_a_node_does_not_dial_itself() -> None:
    seen = view()
    assert dials(seen.offer("/ip4/10.0.0.1/tcp/9000", seen.me, 0.0)) == []
    seen.offer("/ip4/10.0.0.1/tcp/9000", None, 0.0)
    seen.dialled("/ip4/10.0.0.1/tcp/9000", "/ip4/10.0.0.1/tcp/9000", seen.me, 0.1)
    assert dials(seen.tick(60.0)) == []


def test_a_seed_that_was_this_node_itself_is_dialled_again_when_it_has_moved() -> None:
    seen, address = view(), "/ip4/10.0.0.1/tcp/9000"
    seen.offer(address, None, 0.0)
    seen.dialled(address, address, seen.me, 0.1)
    assert dials(seen.move((f"/ip4/10.0.0.8/tcp/9000/p2p/{seen.me}",), 1.0)) == [address]


def test_a_seed_leads_to_whoever_is_there_by_now() -> None:
    """Such as a first node that has lost its disk, and waits for those who know where it is."""
    seen, address = view(), "/ip4/10.0.0.9/tcp/9000"
    seen.offer(address, None, 0.0)
    seen.dialled(address, address, P, 0.1)
    seen.link_up(P, address, True, 0.1)
    hear(seen, claim(2), 0.2)
    seen.link_down(P, 1.0)
    assert (seen.ways(P), seen.addresses(P)) == ((address,), (f"{address}/p2p/{P}",))
    assert Q in dials(seen.dialled(P, address, Q, 2.0))
    seen.link_up(Q, address, True, 2.1)
    assert (seen.ways(P), seen.ways(Q)) == ((f"{address}/p2p/{P}",), (address,))


def test_a_seed_that_was_given_with_its_peer_leads_to_no_other() -> None:
    seen, address = view(), f"/ip4/10.0.0.9/tcp/9000/p2p/{P}"
    seen.offer(address, P, 0.0)
    assert seen.ways(P) == (address,)


def test_the_address_that_worked_comes_first() -> None:
    seen = view()
    other = f"/ip4/10.0.0.7/tcp/1/p2p/{P}"
    seen.offer(other, P, 0.0)
    assert seen.addresses(P) == (other,)
    seen.link_up(P, "/ip4/10.0.0.2/tcp/9000", True, 0.0)
    assert seen.addresses(P) == (f"/ip4/10.0.0.2/tcp/9000/p2p/{P}", other)


def test_a_link_that_comes_up_makes_others_be_tried_again_soon() -> None:
    seen = view()
    hear(seen, claim(2))
    hear(seen, claim(3))
    now = 0.0
    for _ in range(30):
        now = seen.next_at()
        for target in dials(seen.tick(now)):
            seen.dial_failed(target, now)
    seen.link_up(P, "/ip4/10.0.0.2/tcp/9000", True, now + 1.5)
    assert dials(seen.tick(now + 1.7)) == [Q]


def test_an_accused_peer_is_hung_up_on_kept_out_and_tried_again() -> None:
    seen = linked()
    term, effects = seen.accuse(P, 1.0)
    assert (term, HangUp(P) in effects) == (10, True)
    assert dials(seen.link_down(P, 1.1)) == []
    assert seen.link_up(P, "/ip4/10.0.0.2/tcp/40000", False, 2.0) == [HangUp(P)]
    assert not seen.linked(P)
    assert dials(seen.tick(11.5)) == [P]


def test_a_goodbye_is_the_greatest_word() -> None:
    seen = view()
    before = seen.own
    last = seen.leave(1.0)
    assert last.state == "left"
    assert last.key > before.said("dead").key


def test_new_addresses_are_news() -> None:
    seen = view()
    assert changes(seen.move(("/ip4/10.5.5.5/tcp/9000",), 1.0)) == [seen.me]
    assert changes(seen.move(("/ip4/10.5.5.5/tcp/9000",), 2.0)) == []


HAPPENINGS: dict[str, Callable[[View, Claim, float], object]] = {
    "hear": lambda seen, made, now: hear(seen, made, now),
    "up": lambda seen, made, now: seen.link_up(made.peer_id, WHERE, True, now),
    "down": lambda seen, made, now: seen.link_down(made.peer_id, now),
    "tick": lambda seen, made, now: seen.tick(now),
    "refused": lambda seen, made, now: seen.refused(made.peer_id, WHERE, now),
    "failed": lambda seen, made, now: seen.dial_failed(made.peer_id, now),
    "accuse": lambda seen, made, now: seen.accuse(made.peer_id, now),
    "reached": lambda seen, made, now: seen.vouched(made.peer_id, 1, True, now),
    "missed": lambda seen, made, now: seen.vouched(made.peer_id, 2, False, now),
    "broken": lambda seen, made, now: seen.broken(made.peer_id, now),
    "offer": lambda seen, made, now: seen.offer(WHERE, made.peer_id, now),
    "seed": lambda seen, made, now: seen.offer(WHERE, None, now),
    "dialled": lambda seen, made, now: seen.dialled(WHERE, WHERE, made.peer_id, now),
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(sorted(HAPPENINGS)),
        st.integers(2, 4),
        st.integers(0, 3),
        st.sampled_from(["alive", "suspect", "dead"]),
        st.floats(0, 20),
    ),
    max_size=60,
)


@settings(deadline=None)
@given(steps=STEPS)
def test_whatever_happens_time_goes_on_and_incarnations_do_not_go_back(
    steps: list[tuple[str, int, int, str, float]],
) -> None:
    seen, now = view(), 0.0
    highest: dict[str, int] = {}
    for what, number, incarnation, said, pause in steps:
        now += pause
        HAPPENINGS[what](seen, claim(number, incarnation, said), now)  # type: ignore[arg-type]
        seen.tick(now)
        assert seen.next_at() > now
        for entry in seen.roster.entries():
            card = entry.claim.signed.card
            assert card.incarnation >= highest.get(card.peer_id, 0)
            highest[card.peer_id] = card.incarnation
    assert state(seen, seen.me) == "alive"
