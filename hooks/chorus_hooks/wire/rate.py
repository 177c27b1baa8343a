"""A token bucket: how long to wait so that no more than a rate passes. Pure."""


class Rate:
    """`rate` tokens a second, of which `burst` may be saved. Times are in seconds, from any clock."""

    def __init__(self, rate: float, *, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at: float | None = None

    def take(self, now: float) -> float:
        """Take one token; returns the seconds to wait before going on (0 when there was one)."""
        elapsed = 0.0 if self._at is None else max(now - self._at, 0.0)
        self._at = now
        self._tokens = min(self._burst, self._tokens + elapsed * self._rate) - 1
        return max(-self._tokens / self._rate, 0.0)
