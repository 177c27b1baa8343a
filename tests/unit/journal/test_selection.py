from datetime import UTC, datetime

import pytest

from chorus_hooks.errors import UsageError
from chorus_journal.entry import Entry
from chorus_journal.selection import Selection, parse_since

NOW = datetime(2026, 11, 22, 9, 21, 0, tzinfo=UTC)


def _entry(type: str = "task.submitted", ts: str = "2026-11-22T09:21:00.123Z") -> Entry:
    return Entry(v=1, log="l", seq=0, ts=ts, type=type, data={})


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("15m", "2026-11-22T09:06:00.000Z"),
        ("90", "2026-11-22T09:19:30.000Z"),
        ("2d", "2026-11-20T09:21:00.000Z"),
        ("2026-11-22T08:00:00Z", "2026-11-22T08:00:00.000Z"),
        ("2026-11-22T08:00:00+02:00", "2026-11-22T06:00:00.000Z"),
        ("2026-11-22T08:00:00.5", "2026-11-22T08:00:00.500Z"),
        ("2026-11-22", "2026-11-22T00:00:00.000Z"),
    ],
)
def test_since_is_a_duration_or_a_time(text: str, since: str) -> None:
    assert parse_since(text, NOW) == since


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "99999999999d", "0001-01-01T00:00:00+14:00"])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="neither a duration nor a time"):
        parse_since(text, NOW)


@pytest.mark.parametrize(
    ("type", "taken"),
    [(None, True), ("task.submitted", True), ("task", True), ("tas", False), ("task.s", False)],
)
def test_a_type_covers_what_is_below_it(type: str | None, taken: bool) -> None:
    assert (_entry() in Selection(type)) is taken


def test_since_takes_its_own_moment_and_later() -> None:
    selection = Selection(since="2026-11-22T09:21:00.123Z")
    assert _entry() in selection
    assert _entry(ts="2026-11-22T09:21:00.122Z") not in selection
