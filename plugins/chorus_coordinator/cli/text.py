"""Words and numbers as a person reads them. Pure."""

import shlex
from collections.abc import Sequence

from chorus_hooks.task import Action, Task


def plain(text: str) -> str:
    """Text from a task, which is hostile: no control character reaches the terminal."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape", "surrogatepass").decode()
        for letter in text
    )


def command_line(action: Action) -> str:
    """A command as one would type it."""
    return plain(action if isinstance(action, str) else shlex.join(action))


def title(task: Task) -> str:
    """The task's own title, else its goal's first line or its first command."""
    document = task.document
    if document.title or document.goal is None:
        return plain(document.title) or command_line(document.commands[0])
    return plain(document.goal.strip().splitlines()[0])


def cut(text: str, width: int) -> str:
    """At most `width` characters, with a mark where there were more."""
    return text if len(text) <= width else text[: width - 1] + "…"


def size(count: int) -> str:
    """Bytes in the unit that fits: 812 B, 4.2 kB, 1.3 MB (powers of 1000, as disks are sold)."""
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"


def seconds(value: float) -> str:
    """A duration: 0.42 s, 12.3 s, 3 min 05 s."""
    if value < 10:
        return f"{value:.2f} s"
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02d} s"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in aligned columns; the last column is as wide as it likes."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
