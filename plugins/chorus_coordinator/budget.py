"""Budgets of the node: how much models may use, and whether that is used up. Pure."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from chorus_hooks.setting import Setting

Scope = Literal["day", "project", "task"]

_PART: Final = re.compile(r"(tokens|cost)=([0-9]+(?:\.[0-9]+)?)", re.ASCII)
_LIKE: Final = "tokens=500000,cost=10"


@dataclass(frozen=True)
class Amount:
    """What was used. `tokens` of both kinds; `cost` in the currency of the prices."""

    tokens: int = 0
    cost: float = 0.0


@dataclass(frozen=True)
class Budget:
    """How much may be used; None is no limit."""

    tokens: int | None = None
    cost: float | None = None

    def used_up(self, spent: Amount) -> str:
        """What is used up, as `520000 of 500000 tokens`; empty when there is some left."""
        if self.tokens is not None and spent.tokens >= self.tokens:
            return f"{spent.tokens} of {self.tokens} tokens"
        if self.cost is not None and spent.cost >= self.cost:
            return f"a cost of {spent.cost:.4g} of {self.cost:g}"
        return ""


UNLIMITED: Final = Budget()


def parse_budget(value: str) -> Budget:
    """`tokens=500000`, `cost=10`, or both with a comma. Raises ValueError, with a text for a person."""
    limits: dict[str, float] = {}
    for part in filter(None, (word.strip() for word in value.split(","))):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is not like {_LIKE}")
        name, number = match[1], float(match[2])
        if name in limits:
            raise ValueError(f"{name} is given twice")
        if name == "tokens" and "." in match[2]:
            raise ValueError(f"{match[2]} is no whole number of tokens")
        if not math.isfinite(number):
            raise ValueError(f"{name} is too large")
        limits[name] = number
    tokens = limits.get("tokens")
    return Budget(None if tokens is None else int(tokens), limits.get("cost"))


def _setting(scope: Scope, whose: str) -> Setting[Budget]:
    return Setting(
        f"CHORUS_BUDGET_{scope.upper()}",
        parse_budget,
        UNLIMITED,
        f"How many tokens, at what cost, the models may use for {whose}, like `{_LIKE}`; goals wait when it"
        " is used up. Default: no limit",
        live=True,
    )


SETTINGS: Final[dict[Scope, Setting[Budget]]] = {
    "task": _setting("task", "each task, in all its attempts"),
    "project": _setting("project", "each project, from its first task on"),
    "day": _setting("day", "all goals of the node in one day (UTC)"),
}

Limits = Callable[[Scope], Budget]
"""The budgets in force now."""


def limits_of(config: Any) -> Limits:
    """As the settings have them; asked each time, for they may change."""
    return lambda scope: config[SETTINGS[scope]]


def told(scope: Scope, key: str, used: str) -> str:
    """Which budget is used up, how much of it, and what to do, in one line."""
    whose = {"task": "this task", "project": f"the project {key}", "day": f"{key} (UTC)"}[scope]
    later = "; it goes on by itself at midnight UTC" if scope == "day" else ""
    return (
        f"the budget of {whose} is used up: {used}{later}; raise {SETTINGS[scope].name} and reload the node"
    )
