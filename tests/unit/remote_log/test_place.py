"""Where a log is gone on with: no byte twice, none left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_coordinator.remote.message import BadMessage
from chorus_coordinator.remote.place import Place
from chorus_hooks.coordinator import TaskOutput


def output(begin: int, size: int, attempt: int = 1) -> TaskOutput:
    return TaskOutput(1, bytes(size), begin + size, attempt)


@given(st.lists(st.integers(1, 100), max_size=20), st.integers(0, 1000), st.integers(1, 5))
def test_pieces_that_follow_one_another_are_taken(sizes: list[int], at: int, attempt: int) -> None:
    place = Place(attempt, at)
    for size in sizes:
        place.take(output(place.offset, size, attempt))
    assert place == Place(attempt, at + sum(sizes))


def test_a_later_attempt_begins_at_its_start() -> None:
    place = Place(1, 500)
    place.take(output(0, 10, attempt=3))
    assert place == Place(3, 10)


@pytest.mark.parametrize(
    ("begin", "attempt"),
    [(9, 2), (11, 2), (0, 2), (10, 1), (0, 1), (10, 3)],
    ids=["a byte twice", "a byte left out", "all again", "an earlier one", "its start", "not from its start"],
)
def test_what_does_not_follow_is_refused_and_changes_nothing(begin: int, attempt: int) -> None:
    place = Place(2, 10)
    with pytest.raises(BadMessage):
        place.take(output(begin, 5, attempt))
    assert place == Place(2, 10)
