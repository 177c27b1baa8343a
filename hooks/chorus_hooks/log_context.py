"""What every log line of the current task carries: `with bind(task=…):` and below it all is marked.

The fields follow the code into the tasks that it starts (contextvars), on both sides of the island.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_FIELDS: ContextVar[Mapping[str, str]] = ContextVar("chorus_log_fields")
_NONE: Mapping[str, str] = {}


@contextmanager
def bind(**fields: str) -> Iterator[None]:
    """Add fields (`task`, `trace_id`, …) to each record that is logged inside."""
    token = _FIELDS.set({**_FIELDS.get(_NONE), **fields})
    try:
        yield
    finally:
        _FIELDS.reset(token)


def bound() -> Mapping[str, str]:
    """The fields in force."""
    return _FIELDS.get(_NONE)
