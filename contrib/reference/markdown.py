"""Pieces of a Markdown page. Pure."""

import inspect
from collections.abc import Iterable, Sequence

MARK = "Written by `make docs` from the code; do not edit."


def page(title: str, lead: str, *parts: str) -> str:
    """A whole generated page."""
    return "\n\n".join(part.strip("\n") for part in (f"# {title}", MARK, lead, *parts) if part) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; empty when there are no rows."""
    lines = [_row(cells) for cells in rows]
    return "\n".join([_row(head), "|" + "---|" * len(head), *lines]) if lines else ""


def code(text: str, language: str) -> str:
    """A fenced block."""
    return f"```{language}\n{text}\n```"


def prose(docstring: str | None) -> str:
    """A docstring as paragraphs."""
    return inspect.cleandoc(docstring or "")


def quoted(text: str) -> str:
    """Code inside a line; empty stays empty."""
    return f"`{text}`" if text else ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
