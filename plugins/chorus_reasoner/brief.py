"""How a goal is told to a model. Pure."""

from typing import Final

from chorus_hooks.task import Action, TaskDocument
from chorus_reasoner.fence import fence

_PLAN: Final = """\
First reply with your plan only: a few numbered steps, in plain text, with no action and no tool call. A
person reads it, and you begin when it is approved."""


def brief(document: TaskDocument, language: str, *, plan: bool = False) -> str:
    """The goal, what will be checked, and where the work happens. Text from outside is fenced as data.

    With `plan` the first reply is to be a plan.
    """
    parts = ["Your goal:", fence("goal", (document.goal or "").strip())]
    if document.verify:
        lines = "\n".join(_line(action) for action in document.verify)
        parts += ["The goal is reached when these commands pass in a clean copy of the project:"]
        parts += [fence("check", lines)]
    parts.append(f"The project's language is {language}. Its files are in the working directory.")
    parts.append(_PLAN if plan else "Begin.")
    return "\n".join(parts)


def _line(action: Action) -> str:
    return action if isinstance(action, str) else " ".join(action)
