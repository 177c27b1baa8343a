"""Which bytes are there: as a set of numbers would say it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_journal.blob_spans import Spans

SPAN = st.tuples(st.integers(0, 60), st.integers(1, 12)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(SPAN, max_size=20), st.integers(0, 80))
def test_they_are_the_bytes_that_were_added_and_the_gaps_are_the_others(
    added: list[tuple[int, int]], size: int
) -> None:
    there = {byte for start, end in added for byte in range(start, end)}
    spans = Spans(added)
    assert {byte for start, end in spans for byte in range(start, end)} == there
    assert spans.length == len(there)
    gaps = list(spans.gaps(size))
    assert {byte for start, end in gaps for byte in range(start, end)} == set(range(size)) - there
    assert all(start < end for start, end in gaps)


@given(st.lists(SPAN, max_size=20))
def test_they_are_in_order_and_none_touches_the_next(added: list[tuple[int, int]]) -> None:
    spans = list(Spans(added))
    assert all(one[1] < other[0] for one, other in itertools.pairwise(spans))


@pytest.mark.parametrize(("start", "end"), [(3, 3), (4, 3), (-1, 2)])
def test_what_is_no_span_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="no span"):
        Spans().add(start, end)
