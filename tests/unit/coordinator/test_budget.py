"""Budgets as people write them, and when they are used up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_coordinator.budget import UNLIMITED, Amount, Budget, parse_budget, told


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("", UNLIMITED),
        ("tokens=500000", Budget(tokens=500_000)),
        ("cost=0.5", Budget(cost=0.5)),
        (" cost=10 , tokens=0 ", Budget(tokens=0, cost=10.0)),
    ],
)
def test_a_budget_is_read(text: str, budget: Budget) -> None:
    assert parse_budget(text) == budget


@pytest.mark.parametrize(
    "text",
    [
        *("tokens", "500", "tokens=-1", "tokens=1.5", "tokens=1,tokens=2", "tokens=1_0"),
        *("cost=x", "cost=inf", "cost=1e3", "cost=\u0663", "cost=" + "9" * 400, "steps=3"),
    ],
)
def test_what_is_no_budget_says_so(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not like|twice|whole number|too large"):
        parse_budget(text)


@given(st.text(max_size=30))
def test_no_text_breaks_it(text: str) -> None:
    try:
        parse_budget(text)
    except ValueError as error:
        assert str(error)


@given(st.integers(0, 100), st.integers(0, 100))
def test_a_budget_is_used_up_when_nothing_of_it_is_left(limit: int, spent: int) -> None:
    assert bool(Budget(tokens=limit).used_up(Amount(spent))) == (spent >= limit)
    assert bool(Budget(cost=float(limit)).used_up(Amount(cost=float(spent)))) == (spent >= limit)
    assert not UNLIMITED.used_up(Amount(spent, float(spent)))


def test_it_is_told_which_how_much_and_what_to_do() -> None:
    assert told("day", "2026-11-26", "7 of 5 tokens") == (
        "the budget of 2026-11-26 (UTC) is used up: 7 of 5 tokens; it goes on by itself at midnight UTC;"
        " raise CHORUS_BUDGET_DAY and reload the node"
    )
