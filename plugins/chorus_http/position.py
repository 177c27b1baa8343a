"""Where a reader of a task's output is, as the id of a log event. Pure; used by the API and by its client."""

import re
from dataclasses import dataclass
from typing import Final

_POSITION: Final = re.compile(r"(?:([1-9][0-9]{0,8}):)?([0-9]{1,15})", re.ASCII)


@dataclass(frozen=True)
class Position:
    """`offset` bytes of attempt `attempt` have been read: `ATTEMPT:OFFSET`, or `OFFSET` of the first."""

    attempt: int = 1
    offset: int = 0

    def __str__(self) -> str:
        return f"{self.attempt}:{self.offset}"

    @classmethod
    def parse(cls, text: str) -> "Position | None":
        """From an event's id; None when it is none."""
        match = _POSITION.fullmatch(text)
        return None if match is None else cls(int(match[1] or 1), int(match[2]))
