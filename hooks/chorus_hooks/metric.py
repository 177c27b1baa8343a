"""What a node counts, for `/metrics` (OpenMetrics names: units as suffix, counters end with `_total`)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from chorus_hooks.service import Capabilities


@dataclass(frozen=True)
class Sample:
    """One value. Labels come from small closed sets: a label never holds an id, a path or user text."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Metric:
    """A family of samples, read each time `/metrics` is asked for.

    `read` receives the capabilities of `requires`; when it raises, the family is left out and the fault is
    logged. The name begins with `chorus_`.
    """

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    read: Callable[[Capabilities], Awaitable[Sequence[Sample]]]
    requires: tuple[type[Any], ...] = ()
