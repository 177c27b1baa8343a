"""What a namespace of records takes: any key and value is kept or refused, whatever its rule does."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.records import VALUE_LIMIT
from chorus_libp2p.records import Rules

KEYS = st.text(max_size=30) | st.text(max_size=20).map("/test/".__add__)


def odd(key: str, value: bytes) -> bool:
    """A rule that raises where it meets what it did not expect."""
    return value.decode("ascii").startswith(key[-1])


RULES = Rules(odd, lambda value, than: int(value) > int(than))


@given(key=KEYS, value=st.binary(max_size=60))
def test_any_record_is_taken_or_refused_and_nothing_else_is_raised(key: str, value: bytes) -> None:
    with contextlib.suppress(ValueError):
        RULES.validate(key, value)
        assert odd(key, value)


@given(
    values=st.lists(
        st.binary(max_size=5) | st.integers(0, 99).map(lambda n: b"%d" % n), min_size=1, max_size=8
    )
)
def test_one_of_the_values_is_always_selected(values: list[bytes]) -> None:
    assert 0 <= RULES.select("/test/x", values) < len(values)


@given(numbers=st.lists(st.integers(0, 99), min_size=1, max_size=8))
def test_it_is_the_newest_and_the_last_of_equals(numbers: list[int]) -> None:
    chosen = RULES.select("/test/x", [b"%d" % number for number in numbers])
    assert chosen == max(at for at, number in enumerate(numbers) if number == max(numbers))


def test_a_value_that_is_too_long_never_reaches_the_rule() -> None:
    with pytest.raises(ValueError, match="bytes"):
        RULES.validate("/test/x", bytes(VALUE_LIMIT + 1))
