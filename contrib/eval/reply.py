"""What the scripted model says: actions as replies in the form that the reasoner's prompt asks for. Pure."""

from collections.abc import Sequence
from typing import Any, Final

from contrib.eval.task import Action, Write

Step = str | dict[str, Any]

CLAIM: Final = "SUBMIT: The defect is repaired, I ran the tests, and all of them pass."
FAULTS: Final = ("format", "busy", "broken", "cut", "slow")
"""What can go wrong at a provider, and a model recovers from. `slow` needs CHORUS_MODEL_TIMEOUT."""


def replies(actions: Sequence[Action]) -> list[Step]:
    """A look around, the actions, and the claim that all is done."""
    return ["I look around first.\n```bash\nls -a\n```", *map(_reply, actions), CLAIM]


def calls(actions: Sequence[Action]) -> list[Step]:
    """The same by calls of tools."""
    look = {"text": "I look around first.", "calls": [{"name": "run", "arguments": {"command": "ls -a"}}]}
    claim = {"calls": [{"name": "submit", "arguments": {"summary": CLAIM}}]}
    return [look, *map(_call, actions), claim]


def _call(action: Action) -> Step:
    if isinstance(action, Write):
        arguments = {"path": action.path, "content": action.content}
        return {"calls": [{"name": "write", "arguments": arguments}]}
    return {"calls": [{"name": "run", "arguments": {"command": action.line}}]}


def _reply(action: Action) -> str:
    if isinstance(action, Write):
        return f"I write {action.path}.\n````file {action.path}\n{action.content.rstrip()}\n````"
    return f"I run this.\n````bash\n{action.line}\n````"


def with_faults(steps: Sequence[Step], faults: Sequence[str]) -> list[Step]:
    """The same steps with one fault before each in turn; then the step comes whole."""
    told: list[Step] = []
    for number, step in enumerate(steps):
        if number < len(faults):
            told.append(_fault(faults[number], step))
        told.append(step)
    return told


def _fault(fault: str, step: Step) -> Step:
    told: dict[str, Step] = {
        "format": "I think that the problem may be in the main file. Let me consider what to do about it.",
        "busy": {"status": 429, "headers": {"retry-after": "1"}, "error": "too many requests"},
        "broken": {"status": 500, "error": "the model crashed"},
        "cut": {"text": step, "cut": 1},
        "slow": {"text": step, "sleep": 30.0},
    }
    return told[fault]
