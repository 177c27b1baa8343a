"""Rows of a bench's document."""

import statistics
from collections.abc import Sequence
from typing import Any, Literal


def at_most(what: str, measured: float, unit: str, target: float | None = None) -> dict[str, Any]:
    """Less is better."""
    return _row(what, measured, unit, target, "lower")


def at_least(what: str, measured: float, unit: str, target: float | None = None) -> dict[str, Any]:
    """More is better."""
    return _row(what, measured, unit, target, "higher")


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a share of all are not above: 0.5 is the median, 0.99 the slow end."""
    return sorted(values)[round(share * (len(values) - 1))]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios of rounds that were taken in turn."""
    return statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))


def _row(
    what: str, measured: float, unit: str, target: float | None, better: Literal["lower", "higher"]
) -> dict[str, Any]:
    digits = 0 if abs(measured) >= 1000 else 2 if abs(measured) < 10 else 1
    shown = round(measured, digits) if digits else round(measured)
    return {"what": what, "measured": shown, "unit": unit, "target": target, "better": better}
