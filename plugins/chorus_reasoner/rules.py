"""What a goal may use, and what it has used. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from chorus_hooks.task import Limits, Reason
from chorus_reasoner.event import Parted, Reply

STEPS: Final = 50
"""Steps of a goal that does not say. Repairs by good models take 5 to 30."""


Approve = Literal["none", "plan", "command"]
"""What waits for a person: nothing, the plan, or each command and each change of a file."""


class Rules(msgspec.Struct, frozen=True):
    """The limits of one attempt: replies, tokens, cost; None is no limit.

    `format_errors` in a row, `repeats` of one action with one outcome in a row, or `denials` of a person in a
    row end it. `reserve_s` seconds of the time limit are left for what comes after the loop. With `split` the
    work may be divided into parts.
    """

    steps: int = STEPS
    tokens: int | None = None
    cost: float | None = None
    format_errors: int = 3
    repeats: int = 3
    denials: int = 3
    reserve_s: float = 1.0
    split: bool = False
    approve: Approve = "none"


def rules_of(limits: Limits, approve: Approve = "none", *, split: bool = False) -> Rules:
    """The limits of a task, with the defaults filled in."""
    return Rules(
        steps=STEPS if limits.steps is None else limits.steps,
        tokens=limits.tokens,
        cost=limits.cost,
        approve=approve,
        split=split,
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

    def add_parts(self, parted: Parted) -> None:
        """What the parts of a split used."""
        self.steps += max(0, parted.steps)
        self.prompt_tokens += max(0, parted.prompt_tokens)
        self.reply_tokens += max(0, parted.reply_tokens)
        self.cost += parted.cost or 0.0
        self.unpriced |= parted.cost is None
        self.models |= dict.fromkeys(parted.models)

    def total_cost(self) -> float | None:
        """None when a model has no price, or none was asked."""
        return None if self.unpriced or not self.steps else round(self.cost, 6)


def share(rules: Rules, spent: Spent, left_s: float, parts: int) -> Limits | str:
    """What each of the parts may use: what is left in even shares, one of them for what comes after.

    A text for the model when that is too little.
    """
    shares = parts + 1
    steps = (rules.steps - spent.steps) // shares
    tokens = None if rules.tokens is None else (rules.tokens - spent.tokens) // shares
    cost = None if rules.cost is None else (rules.cost - spent.cost) / shares
    timeout_s = (left_s - rules.reserve_s) / shares
    if steps < 1 or timeout_s <= 0 or (tokens is not None and tokens < 1) or (cost is not None and cost <= 0):
        return f"too little is left of your limits to share it among {parts} parts: do it yourself"
    return Limits(steps=steps, tokens=tokens, cost=cost, timeout_s=timeout_s)


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
