"""Durations and sizes are read as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.quantity import format_size, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("15s", 15), ("2m", 120), ("1h", 3600), ("30d", 2592000), ("7", 7), ("1.5s", 1.5)],
)
def test_a_duration_is_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-1s", "1 week", "1e3", "nan", "inf", "٣s", "1s 2s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [("10m", 10 << 20), ("2g", 2 << 30), ("1.5GiB", 3 << 29), ("512KB", 512 << 10), ("7", 7), ("0", 0)],
)
def test_a_size_is_bytes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "g", "-1g", "1x", "1e3", "1 g b", "٣m"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)


@given(st.integers(min_value=0, max_value=1 << 50))
def test_a_formatted_size_reads_back(size: int) -> None:
    assert parse_size(format_size(size)) == size
