"""When whom to dial again: soon at first, never not at all; and who stays out for how long."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from chorus_members.bans import Bans
from chorus_members.redial import HURRY_S, LONGEST_S, RARE_AFTER_S, RARE_S, Redials


def redials() -> Redials:
    return Redials(random.Random(1))


def pauses(redials: Redials, count: int, now: float = 0.0) -> list[float]:
    """Fail `count` times, always at once, and tell the pauses."""
    found = []
    for _ in range(count):
        assert redials.due(now) == ("a",)
        redials.failed("a", now)
        found.append(redials.next_at() - now)
        now = redials.next_at()
    return found


def test_a_new_target_is_dialled_at_once_and_one_that_goes_on_is_not_dialled_again() -> None:
    dials = redials()
    dials.only({"a"}, 5)
    assert dials.due(5) == ("a",)
    dials.only({"a"}, 6)
    assert dials.due(6) == ()


def test_pauses_grow_to_a_bound_and_never_end() -> None:
    dials = redials()
    dials.only({"a"}, 0)
    found = pauses(dials, 60)
    assert sum(found[:4]) < 1.6
    assert all(0.5 * LONGEST_S <= pause <= LONGEST_S < 10 for pause in found[10:])


def test_after_an_hour_of_failures_it_is_a_minute() -> None:
    dials = redials()
    dials.only({"a"}, -RARE_AFTER_S - 1)
    found = pauses(dials, 12)
    assert max(found) <= RARE_S
    assert found[-1] >= RARE_S / 2


def test_two_nodes_do_not_dial_in_step() -> None:
    one, other = Redials(random.Random(1)), Redials(random.Random(2))
    for dials in (one, other):
        dials.only({"a"}, 0)
    assert pauses(one, 10) != pauses(other, 10)


def test_a_reason_to_hope_shortens_the_wait_but_makes_no_storm() -> None:
    dials = redials()
    dials.only({"a"}, 0)
    pauses(dials, 20)
    now = dials.next_at() - 2
    dials.hurry("a", now)
    assert dials.next_at() <= now + 0.1
    assert dials.due(now + 0.1) == ("a",)
    dials.failed("a", now + 0.1)
    at = dials.next_at()
    dials.hurry("a", now + 0.2)
    assert dials.next_at() == at


def test_a_dial_that_led_to_no_link_is_looked_at_soon() -> None:
    dials = redials()
    dials.only({"a"}, 0)
    dials.due(0)
    dials.reached("a", 1)
    assert dials.next_at() == 1 + HURRY_S


def test_who_is_not_wanted_any_more_is_not_dialled() -> None:
    dials = redials()
    dials.only({"a", "b"}, 0)
    dials.only({"b"}, 0)
    assert dials.due(0) == ("b",)
    dials.forget("b")
    assert dials.next_at() == float("inf")


def test_a_ban_grows_from_seconds_to_minutes() -> None:
    bans = Bans()
    now, terms = 0.0, []
    for _ in range(4):
        terms.append(bans.add("a", now))
        now += terms[-1]
        assert not bans.holds("a", now)
    assert terms == [10, 60, 600, 600]


def test_more_of_the_same_does_not_make_it_longer() -> None:
    bans = Bans()
    bans.add("a", 0)
    assert bans.add("a", 4) == 6
    assert bans.holds("a", 9)
    assert bans.add("a", 10) == 60


def test_an_hour_of_good_behaviour_is_forgiveness() -> None:
    bans = Bans()
    bans.add("a", 0)
    assert bans.add("a", 4000) == 10


@settings(deadline=None)
@given(names=st.lists(st.text("abc", max_size=8), max_size=3000))
def test_the_list_of_the_banned_is_bounded(names: list[str]) -> None:
    bans = Bans()
    for name in names:
        bans.add(name, 0)
    assert len(bans._bans) <= 1024
