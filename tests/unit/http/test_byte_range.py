"""RFC 9110, section 14: which bytes a Range header names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_http.server.byte_range import asked_range
from chorus_http.server.problem import ProblemError

SIZES = st.integers(0, 40)
POSITIONS = st.integers(0, 50)


@given(POSITIONS, POSITIONS | st.none(), SIZES)
def test_a_range_names_those_of_its_positions_that_exist(first: int, last: int | None, size: int) -> None:
    header = f"bytes={first}-{'' if last is None else last}"
    if last is not None and last < first:
        assert asked_range(header, size) is None  # invalid, so it is as if it were not there
        return
    named = [i for i in range(size) if first <= i and (last is None or i <= last)]
    if named:
        assert asked_range(header, size) == (named[0], named[-1] + 1)
    else:
        unsatisfiable(header, size)


@given(POSITIONS, SIZES)
def test_a_suffix_names_that_many_bytes_of_the_end_or_all_there_are(count: int, size: int) -> None:
    header = f"bytes=-{count}"
    if count == 0:
        unsatisfiable(header, size)
    elif size == 0:
        assert asked_range(header, size) is None  # satisfiable, but no Content-Range can say so
    else:
        assert asked_range(header, size) == (max(0, size - count), size)


@given(st.text(alphabet="bytes=0123456789-, \t", max_size=24), SIZES)
def test_whatever_is_asked_the_answer_is_a_part_the_whole_or_416(header: str, size: int) -> None:
    try:
        found = asked_range(header, size)
    except ProblemError as error:
        assert error.status == 416
        return
    assert found is None or 0 <= found[0] < found[1] <= size


@pytest.mark.parametrize(
    "header", ["", "bytes", "bytes=", "bytes=-", "lines=0-1", "bytes=0-1,3-4", "bytes=a-b", "bytes=+1-2"]
)
def test_what_is_no_single_range_of_bytes_asks_for_the_whole(header: str) -> None:
    assert asked_range(header, 10) is None


def unsatisfiable(header: str, size: int) -> None:
    with pytest.raises(ProblemError) as caught:
        asked_range(header, size)
    assert (caught.value.status, caught.value.headers) == (416, {"content-range": f"bytes */{size}"})
