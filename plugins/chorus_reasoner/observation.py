"""What a model is told about its last action. Pure."""

from typing import Final

from chorus_reasoner.action import Action, Edit, Malformed, Run, Split, Write, headline
from chorus_reasoner.event import Seen
from chorus_reasoner.excerpt import head_and_tail
from chorus_reasoner.fence import fence

MOST: Final = 10_000
"""Characters of output that a model gets to read; beyond that the middle is left out."""

_ENDED: Final = {
    "timeout": "It ran too long and was killed. There is no input here; avoid servers and endless loops.",
    "oom": "It was killed: it used more memory than the task has.",
    "output_limit": "It was killed: it printed too much. Send output to a file, and look at parts of it.",
    "disk_limit": "It was killed: the disk of the sandbox is full.",
}


def told(action: Action, seen: Seen, notes: list[str]) -> str:
    """The outcome, the output as data, then notes."""
    lines = [_outcome(action, seen)]
    text = seen.text.rstrip("\n")
    if text:
        lines.append(fence("output", head_and_tail(text, MOST)))
    elif isinstance(action, Run) and seen.ended == "exited":
        lines.append("It printed nothing.")
    return "\n".join([*lines, *notes])


def _outcome(action: Action, seen: Seen) -> str:
    if seen.ended == "refused":
        return f"{headline(action)}: not done."
    if seen.ended != "exited":
        return f"{headline(action)}: {_ENDED.get(seen.ended, 'It was ended.')}"
    if isinstance(action, Split):
        return "The parts have ended. What was merged is in the working directory:"
    if isinstance(action, Write | Edit):
        return f"{headline(action)}: {'done.' if seen.code == 0 else 'failed.'}"
    return f"Exit code {seen.code}, after {seen.wall_s:.1f} s."


def told_fault(malformed: Malformed, *, shortened: bool) -> str:
    """What was wrong with a reply."""
    cut = "Your reply was cut at its length limit: write less in one reply.\n" if shortened else ""
    return f"{cut}{malformed.fault}"


def dropped(more: int) -> str:
    """A reply held more than one action."""
    actions = "1 other action" if more == 1 else f"{more} other actions"
    return f"Note: {actions} in your reply did not happen. One action in each reply."


def steps_left(left: int) -> str:
    """The end is near."""
    replies = "reply" if left == 1 else "replies"
    return f"Note: {left} more {replies}, then it ends. Submit when the goal is reached."


def told_no(why: str, *, plan: bool) -> str:
    """A person did not approve, and says why."""
    instead = "Reply with another plan." if plan else "It did not happen. Do something else."
    return f"A person did not approve this. {instead} They say:\n{fence('reason', why)}"


PLAN_APPROVED: Final = "A person approved your plan. Begin with its first step."
NO_PLAN: Final = "There was no plan in your reply. Reply with your plan as text: a few numbered steps."
NO_SPLIT: Final = "This goal cannot be split: do it yourself, step by step."
REPEATED: Final = "Note: you did exactly this before, with the same outcome. Do something else."
