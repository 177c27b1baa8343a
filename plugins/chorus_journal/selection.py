"""Which entries a reader asked for. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chorus_hooks.errors import UsageError
from chorus_hooks.quantity import parse_duration
from chorus_journal.entry import Entry


@dataclass(frozen=True)
class Selection:
    """Entries of a type (`task` covers `task.submitted`), not before `since` (RFC 3339 in UTC)."""

    type: str | None = None
    since: str | None = None

    def __contains__(self, entry: Entry) -> bool:
        if self.type is not None and not f"{entry.type}.".startswith(f"{self.type}."):
            return False
        return self.since is None or entry.ts >= self.since


def parse_since(text: str, now: datetime) -> str:
    """A moment: `15m` is a while before `now`, else RFC 3339; without a zone it is UTC. Raises UsageError."""
    try:
        moment = _parse_moment(text, now).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text!r} is neither a duration nor a time",
            hint="give a duration such as 90s, 15m, 2d, or a time such as 2026-11-22T09:21:00Z",
        ) from None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parse_moment(text: str, now: datetime) -> datetime:
    try:
        return now - timedelta(seconds=parse_duration(text))
    except ValueError:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
