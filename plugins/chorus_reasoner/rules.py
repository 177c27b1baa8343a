"""What a goal may use, and what it has used. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from chorus_hooks.task import Limits, Reason
from chorus_reasoner.event import Reply

STEPS: Final = 50
"""Steps of a goal that does not say. Repairs by good models take 5 to 30."""


Approve = Literal["none", "plan", "command"]
"""What waits for a person: nothing, the plan, or each command and each change of a file."""


class Rules(msgspec.Struct, frozen=True):
    """The limits of one attempt: replies, tokens, cost; None is no limit.

    `format_errors` in a row, `repeats` of one action with one outcome in a row, or `denials` of a person in a
    row end it. `reserve_s` seconds of the time limit are left for what comes after the loop.
    """

    steps: int = STEPS
    tokens: int | None = None
    cost: float | None = None
    format_errors: int = 3
    repeats: int = 3
    denials: int = 3
    reserve_s: float = 1.0
    approve: Approve = "none"


def rules_of(limits: Limits, approve: Approve = "none") -> Rules:
    """The limits of a task, with the defaults filled in."""
    return Rules(
        steps=STEPS if limits.steps is None else limits.steps,
        tokens=limits.tokens,
        cost=limits.cost,
        approve=approve,
    )


@dataclass
class Spent:
    """What was used so far. `cost` counts what has a price; `unpriced` says that some has none."""

    steps: int = 0
    prompt_tokens: int = 0
    reply_tokens: int = 0
    cost: float = 0.0
    unpriced: bool = False
    models: dict[str, None] = field(default_factory=dict)

    @property
    def tokens(self) -> int:
        """Of both kinds."""
        return self.prompt_tokens + self.reply_tokens

    def add(self, reply: Reply) -> None:
        """One more reply."""
        self.steps += 1
        self.prompt_tokens += max(0, reply.prompt_tokens)
        self.reply_tokens += max(0, reply.reply_tokens)
        self.cost += reply.cost or 0.0
        self.unpriced |= reply.cost is None
        if reply.model:
            self.models[reply.model] = None

    def total_cost(self) -> float | None:
        """None when a model has no price, or none was asked."""
        return None if self.unpriced or not self.steps else round(self.cost, 6)


def reached(rules: Rules, spent: Spent, left_s: float) -> tuple[Reason, str] | None:
    """The first limit that forbids another step, with a line for a person."""
    return next(_reached(rules, spent, left_s), None)


def _reached(rules: Rules, spent: Spent, left_s: float) -> Iterator[tuple[Reason, str]]:
    if spent.steps >= rules.steps:
        yield "step_limit", f"{rules.steps} steps, and the goal is not reached; raise it with --steps"
    if rules.tokens is not None and spent.tokens >= rules.tokens:
        yield "token_limit", f"{spent.tokens} of {rules.tokens} tokens used; raise it with --tokens"
    if rules.cost is not None and spent.cost >= rules.cost:
        yield "cost_limit", f"{spent.cost:.4f} of {rules.cost:g} spent; raise it with --cost"
    if left_s <= rules.reserve_s:
        yield "timeout", "the time for commands is used up; raise it with --timeout"
