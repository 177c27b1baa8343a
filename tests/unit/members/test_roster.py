"""The roster: whoever heard the same holds the same, the gone are kept an hour, and there is an end to it."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorus_hooks.members import State
from chorus_members.card import BadCard, seal
from chorus_members.claim import Claim, claim_of
from chorus_members.roster import KEPT_S, SUSPECT_S, Roster
from chorus_members.sync import difference, held
from tests.unit.members.cards import card, claim, signed
from tests.unit.members.site import key

STATES: list[State] = ["alive", "suspect", "dead"]
CLAIMS = st.builds(
    claim,
    st.integers(1, 4),
    st.integers(1, 3),
    st.sampled_from(STATES),
    st.sampled_from(["0" * 32, "f" * 32]),
    st.booleans(),
)


def state_of(claims: list[Claim]) -> tuple[str, list[tuple[str, str]]]:
    roster = Roster()
    for one in claims:
        roster.merge(one, 0)
    return roster.root(), [(entry.claim.peer_id, entry.claim.state) for entry in roster.entries()]


@settings(deadline=None)
@given(claims=st.lists(CLAIMS, max_size=12), data=st.data())
def test_order_and_repetition_do_not_matter(claims: list[Claim], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(claims), max_size=6)) if claims else []
    shuffled = data.draw(st.permutations([*claims, *again]))
    assert state_of(shuffled) == state_of(claims)


@settings(deadline=None)
@given(one=st.lists(CLAIMS, max_size=8), other=st.lists(CLAIMS, max_size=8))
def test_rosters_that_exchange_what_differs_are_the_same(one: list[Claim], other: list[Claim]) -> None:
    here, there = Roster(), Roster()
    for roster, claims in ((here, one), (there, other)):
        for made in claims:
            roster.merge(made, 0)
    more_there, more_here = difference(here, [held(entry.claim) for entry in there.entries()])
    for names, source, target in ((more_there, there, here), (more_here, here, there)):
        for name in names:
            entry = source.get(name)
            assert entry is not None
            assert target.merge(entry.claim, 0)
    assert here.root() == there.root()


def test_two_cards_of_one_incarnation_do_not_split_the_rosters() -> None:
    """No honest peer makes them."""
    both = [claim_of(seal(card(1, 5, agent_id=name), key(1).sign)) for name in ("one", "other")]
    agreed = []
    for order in (both, both[::-1]):
        roster = Roster()
        for made in order:
            roster.merge(made, 0)
        agreed.append([entry.claim for entry in roster.entries()])
    assert agreed[0] == agreed[1]


def test_what_is_known_is_no_news() -> None:
    roster = Roster()
    assert roster.merge(claim(1), 0)
    assert not roster.merge(claim(1), 0)


def test_a_greater_incarnation_takes_a_death_back_and_a_lesser_one_does_not() -> None:
    roster = Roster()
    assert roster.merge(claim(1, 5, "dead"), 0)
    assert not roster.merge(claim(1, 5, "alive"), 0)
    assert not roster.merge(claim(1, 4, "alive"), 0)
    assert roster.merge(claim(1, 6, "alive"), 0)


def test_who_left_is_not_called_dead() -> None:
    assert claim_of(signed(1, 5, left=True), "dead").state == "left"


def test_nobody_says_for_another_that_it_left() -> None:
    with pytest.raises(BadCard, match="itself"):
        claim_of(signed(1, 5), "left")


def test_a_life_is_counted_from_its_first_sight() -> None:
    roster = Roster()
    roster.merge(claim(1, 1), 10)
    roster.merge(claim(1, 2, "suspect"), 20)
    roster.merge(claim(1, 3), 30)
    assert [entry.since for entry in roster.entries()] == [10]
    roster.merge(claim(1, 4, boot="f" * 32), 40)
    assert [entry.since for entry in roster.entries()] == [40]


@pytest.mark.parametrize("gone", [claim(1, 1, "dead"), claim(1, 1, left=True)])
def test_the_gone_are_kept_an_hour_wherever_they_are_heard_of(gone: Claim) -> None:
    first, second = Roster(), Roster()
    first.merge(gone, 0)
    second.merge(gone, KEPT_S - 1, age=KEPT_S - 1)
    for roster in (first, second):
        roster.expire(KEPT_S - 0.5)
        assert roster.get(gone.peer_id)
        roster.expire(KEPT_S)
        assert roster.get(gone.peer_id) is None
    assert not first.merge(gone, KEPT_S + 1, age=KEPT_S + 1)


def test_a_suspicion_that_nobody_cares_for_becomes_a_death() -> None:
    roster = Roster()
    roster.merge(claim(1, 1, "suspect"), 0)
    assert roster.expire(SUSPECT_S - 1) == ()
    assert [one.state for one in roster.expire(SUSPECT_S)] == ["dead"]


def test_its_root_follows_every_change() -> None:
    roster, roots = Roster(), [Roster().root()]
    for made in (claim(1), claim(2), claim(1, 1, "dead")):
        roster.merge(made, 0)
        roots.append(roster.root())
    roster.expire(KEPT_S)
    assert len({*roots, roster.root()}) == 5


def test_who_is_gone_is_who_died_and_did_not_come_back() -> None:
    roster = Roster()
    for number in (1, 2, 3):
        roster.merge(claim(number, 1, "dead"), 0)
    roster.merge(claim(2, 2), 0)
    assert roster.gone() == tuple(sorted([claim(1).peer_id, claim(3).peer_id]))
    roster.expire(KEPT_S)
    assert roster.gone() == ()


@pytest.mark.parametrize("order", list(permutations([2, 3, 4])))
def test_a_flood_of_keys_does_not_grow_it_nor_push_out_who_is_there(order: tuple[int, ...]) -> None:
    roster = Roster(most=3)
    roster.merge(claim(1), 0)
    for number in order:
        roster.merge(claim(number), 1)
    assert len(list(roster.entries())) == 3
    assert roster.get(claim(1).peer_id)


def test_the_longest_gone_makes_room() -> None:
    roster = Roster(most=2)
    roster.merge(claim(1, 1, "dead"), 0)
    roster.merge(claim(2, 1, "dead"), 5)
    assert roster.merge(claim(3), 9)
    assert [entry.claim.peer_id for entry in roster.entries()] == sorted([claim(2).peer_id, claim(3).peer_id])


def test_a_known_text_needs_no_check_and_a_replaced_one_is_forgotten() -> None:
    roster = Roster()
    roster.merge(claim(1, 1), 0)
    roster.merge(claim(1, 2), 0)
    assert roster.card(signed(1, 1).text) is None
    assert roster.card(signed(1, 2).text) == signed(1, 2)
