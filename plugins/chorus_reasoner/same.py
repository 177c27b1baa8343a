"""Whether a replay says what the result of the task says. Pure."""

from collections.abc import Iterator
from typing import Final

from chorus_hooks.task import Reason, Result, Thinking
from chorus_reasoner.event import End
from chorus_reasoner.replay import Replayed

UNFINISHED: Final[frozenset[Reason]] = frozenset({"cancelled", "interrupted", "lost"})
"""The attempt was ended from the outside: its transcript has no end, and what it left was not kept."""

PLACE: Final[frozenset[Reason]] = frozenset(
    {"sandbox_lost", "sandbox_unavailable", "source_missing", "artifacts_refused"}
)
"""The place where it ran ended it, and not what was done there."""


def told_otherwise(result: Result, thinking: Thinking, replayed: Replayed, *, whole: bool) -> str:
    """The first thing that the result says otherwise than the loop, or nothing."""
    if result.reason in UNFINISHED:  # it counts nothing, and may have come at any moment, after the loop too
        return ""
    if replayed.end is None or not whole:
        return "the transcript is cut off: it has no end, and the result has one"
    return next(_otherwise(result, thinking, replayed, replayed.end), "")


def _otherwise(result: Result, thinking: Thinking, replayed: Replayed, end: End) -> Iterator[str]:
    spent = replayed.spent
    if end.reason is not None and result.reason not in {end.reason, *PLACE}:
        yield f"the loop ended as {end.reason}, and the result says {result.reason}"
    if end.reason is None and result.reason not in {"exited", "verify_failed", *PLACE}:
        yield f"the loop ended by submission, and the result says {result.reason}"
    pairs = (
        ("steps", spent.steps, thinking.steps),
        ("tokens of prompts", spent.prompt_tokens, thinking.prompt_tokens),
        ("tokens of replies", spent.reply_tokens, thinking.reply_tokens),
        ("cost", spent.total_cost(), thinking.cost),
        ("models", ", ".join(spent.models), ", ".join(thinking.models)),
    )
    for what, ours, theirs in pairs:
        if ours != theirs:
            yield f"{what}: the transcript gives {ours}, and the result says {theirs}"
    if end.summary != thinking.summary:
        yield "the summary of the model is another one in the result"


def ended(end: End | None) -> str:
    """How a loop ended, in a word or two."""
    if end is None:
        return "no end"
    return "submission" if end.reason is None else end.reason
