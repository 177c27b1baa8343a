"""How providers and models stand: who is cooling down, and until when. Pure: the time comes in.

What failed rests before it is asked again, longer each time; a provider's own `retry_after` counts more.
After `TRIP` failures in a row only one at a time may try whether it is back.
"""

from dataclasses import dataclass
from typing import Final

from chorus_hooks.provider import FaultKind, ProviderFault

TRIP: Final = 3
_LONGEST_TOLD_S: Final = 3600.0
_REST_S: Final[dict[FaultKind, tuple[float, float]]] = {  # the first rest, the longest
    "unreachable": (2.0, 120.0),
    "busy": (2.0, 300.0),
    "cut": (1.0, 60.0),
    "denied": (900.0, 3600.0),
}


@dataclass
class _Record:
    failures: int = 0
    until: float = 0.0
    why: str = ""
    trying: bool = False


@dataclass(frozen=True)
class Rest:
    """Somebody who may not be asked now, until when, and why."""

    until: float
    why: str


class Standing:
    """Keeps a record for each name. Of one process, shared by its tasks."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}

    def rest(self, name: str, now: float) -> Rest | None:
        """Why it may not be asked now; None when it may."""
        record = self._records.get(name)
        if record is None or not record.failures:
            return None
        if record.until > now:
            return Rest(record.until, record.why)
        if record.failures >= TRIP and record.trying:
            return Rest(now + 1.0, f"{record.why}; one request tries whether it is back")
        return None

    def asked(self, name: str) -> None:
        """A request goes out."""
        if name in self._records:
            self._records[name].trying = True

    def answered(self, name: str) -> None:
        """It works."""
        self._records.pop(name, None)

    def left(self, name: str) -> None:
        """A request ended without telling anything: it was cancelled."""
        if name in self._records:
            self._records[name].trying = False

    def failed(self, name: str, fault: ProviderFault, now: float) -> None:
        """It did not answer. Faults of the request itself tell nothing about it."""
        if fault.kind not in _REST_S:
            self.left(name)
            return
        record = self._records.setdefault(name, _Record())
        first, longest = _REST_S[fault.kind]
        rest = min(longest, first * 2.0 ** min(record.failures, 20))
        if fault.retry_after is not None:
            rest = min(_LONGEST_TOLD_S, max(0.0, fault.retry_after))
        record.failures += 1
        record.trying = False
        record.until = max(record.until, now + rest)
        record.why = fault.message
