"""The two ends of a long output."""

import re

from hypothesis import given
from hypothesis import strategies as st

from chorus_executor.excerpt import Excerpt


@given(st.lists(st.binary(max_size=40)), st.integers(0, 60))
def test_it_has_both_ends_and_tells_what_is_left_out(pieces: list[bytes], most: int) -> None:
    excerpt, whole = Excerpt(most), b"".join(pieces)
    for piece in pieces:
        excerpt.add(piece)
    assert excerpt.size == len(whole)
    if len(whole) <= most:
        assert excerpt.read() == whole
    else:
        head, tail = most // 2, most - most // 2
        mark = b"\n[%d bytes left out]\n" % (len(whole) - most)
        assert excerpt.read() == whole[:head] + mark + (whole[-tail:] if tail else b"")


def test_it_holds_little_of_an_output_that_never_ends() -> None:
    excerpt = Excerpt(1000)
    for _ in range(10_000):
        excerpt.add(b"x" * 64)
    assert len(excerpt._tail) <= 1064
    assert re.search(rb"\[639000 bytes left out\]", excerpt.read())
