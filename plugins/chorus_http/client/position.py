"""Where a reader of a task's output is, as the id of a log event: `ATTEMPT:OFFSET`. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Position:
    """`offset` bytes of attempt `attempt` have been read."""

    attempt: int = 1
    offset: int = 0

    def __str__(self) -> str:
        return f"{self.attempt}:{self.offset}"
