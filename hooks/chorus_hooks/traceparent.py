"""W3C Trace Context: the `traceparent` that ties a request, a task and its log lines together. Pure."""

import re
from random import Random

_ids = Random()  # noqa: S311 - unique, as the recommendation asks; nobody must fail to guess one
_PATTERN = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)


def parse(header: str | None) -> str | None:
    """The header when it is valid (section 3.2 of the recommendation), in the form of version 00."""
    match = _PATTERN.fullmatch(header.strip()) if header else None
    if match is None or match[1] == "ff" or (match[1] == "00" and match[5]):
        return None
    if set(match[2]) == {"0"} or set(match[3]) == {"0"}:
        return None
    return f"00-{match[2]}-{match[3]}-{match[4]}"


def child(parent: str | None) -> str:
    """A new span in the trace of `parent`, or in a new trace."""
    trace, flags = (parent[3:35], parent[53:55]) if parent else (_hex(16), "00")
    return f"00-{trace}-{_hex(8)}-{flags}"


def trace_id(traceparent: str) -> str:
    """The 32 hex digits of the trace."""
    return traceparent[3:35]


def _hex(size: int) -> str:
    """So many random bytes, not all of them zero, without a system call: each request has two such ids."""
    return f"{_ids.randrange(1, 1 << 8 * size):0{2 * size}x}"
