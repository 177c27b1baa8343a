"""How a goal is told to a model. Pure."""

from chorus_hooks.task import Action, TaskDocument
from chorus_reasoner.fence import fence


def brief(document: TaskDocument, language: str) -> str:
    """The goal, what will be checked, and where the work happens. Text from outside is fenced as data."""
    parts = ["Your goal:", fence("goal", (document.goal or "").strip())]
    if document.verify:
        lines = "\n".join(_line(action) for action in document.verify)
        parts += ["The goal is reached when these commands pass in a clean copy of the project:"]
        parts += [fence("check", lines)]
    parts.append(f"The project's language is {language}. Its files are in the working directory. Begin.")
    return "\n".join(parts)


def _line(action: Action) -> str:
    return action if isinstance(action, str) else " ".join(action)
