"""Exact money: whole cents, never floats."""

import re
from dataclasses import dataclass

_AMOUNT = re.compile(r"(\d+)(?:\.(\d{2}))?", re.ASCII)


@dataclass(frozen=True, order=True)
class Money:
    """An amount in cents."""

    cents: int

    @classmethod
    def parse(cls, text: str) -> "Money":
        """`12` or `12.50`. Raises ValueError on anything else."""
        match = _AMOUNT.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not an amount like 12 or 12.50")
        return cls(int(match[1]) * 100 + int(match[2] or 0))

    def __add__(self, other: "Money") -> "Money":
        return Money(self.cents + other.cents)

    def __mul__(self, count: int) -> "Money":
        return Money(self.cents * count)

    def __str__(self) -> str:
        return f"{self.cents // 100}.{self.cents % 100:02d}"
