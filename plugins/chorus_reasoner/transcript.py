"""The transcript: JSON lines, each with the hash of the one before. Pure.

    {"seq": 0, "prev": "0000…", "type": "begin", …}
    {"seq": 1, "prev": SHA-256 of the line above without its newline, "type": "ask", …}
    …
    {"seq": n, "prev": …, "type": "end", …}

Types: `begin` (goal, role, prompt and its hash, limits), `ask` (which model, its window, the hash of the
request), `fault` (no answer, and what came of a reply that is none), `switch` (another model is asked, and
why), `wait`, `event` (a whole reply, or how an action or the parts of a split ended), `effect` (what the
loop does next), `end`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import msgspec

FORMAT: Final = "chorus-transcript/1"
_FIRST: Final = "0" * 64


class Chain:
    """Makes the lines. `head` is the hash of the last one."""

    def __init__(self) -> None:
        self.head = _FIRST
        self.seq = 0

    def line(self, type_: str, **fields: Any) -> bytes:
        """The next line, with its newline."""
        body = msgspec.json.encode({"seq": self.seq, "prev": self.head, "type": type_, **fields})
        self.head = sha256(body).hexdigest()
        self.seq += 1
        return body + b"\n"


@dataclass(frozen=True)
class Checked:
    """What a reader found. `first_bad` is the number of the first line that cannot be trusted, from 0.

    `lines` are the records before it. A transcript without an `end` was cut off: `ended` is false.
    """

    lines: tuple[dict[str, Any], ...]
    first_bad: int | None = None
    error: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing is missing at the end."""
        return self.first_bad is None and bool(self.lines) and self.lines[-1]["type"] == "end"


def check(raw: Iterable[bytes]) -> Checked:
    """Verify the chain. A line whose hash is not the one that its successor names is itself the bad one."""
    lines: list[dict[str, Any]] = []
    head = _FIRST
    for number, line in enumerate(raw):
        record, error = _read(line, number)
        if record is None:
            return Checked(tuple(lines), number, error)
        if record.get("prev") != head:
            bad = max(0, number - 1)
            return Checked(tuple(lines[:bad]), bad, f"line {bad} is not the one that line {number} follows")
        head = sha256(line.removesuffix(b"\n")).hexdigest()
        lines.append(record)
    return Checked(tuple(lines))


def _read(line: bytes, number: int) -> tuple[dict[str, Any] | None, str]:
    if not line.endswith(b"\n"):
        return None, f"line {number} is not whole"
    try:
        record = msgspec.json.decode(line)
    except (ValueError, RecursionError):
        return None, f"line {number} is no JSON"
    if not isinstance(record, dict) or not isinstance(record.get("type"), str):
        return None, f"line {number} is no record"
    if record.get("seq") != number:
        return None, f"line {number} says that it is line {record.get('seq')}"
    return record, ""
