"""The time that commands are stamped with."""

from datetime import UTC, datetime, timedelta


def stamp(*, ago_s: float = 0.0) -> str:
    """Now, or some seconds ago, as RFC 3339 in UTC with milliseconds: the later, the greater as text."""
    then = datetime.now(UTC) - timedelta(seconds=ago_s)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def age_s(at: str) -> float:
    """How many seconds ago a stamp was made; 0 when the clock was set back meanwhile."""
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds())


def today() -> str:
    """The date in UTC, as 2026-11-26."""
    return stamp()[:10]
