"""A listing that goes on, where nothing can be redrawn."""

import pytest

from chorus_coordinator.cli.rows import row
from chorus_coordinator.cli.watch import watched
from chorus_hooks.task import State, Task, TaskDocument


class Plain:
    """A console that is no terminal."""

    json = False
    quiet = False
    live = False

    def __init__(self) -> None:
        self.lines: list[str] = []

    def result(self, document: object, text: str) -> None:
        self.lines.append(text)

    def note(self, text: str) -> None:
        raise AssertionError


def task(number: int, state: State, waiting_for: str | None = None, title: str = "t") -> Task:
    document = TaskDocument(commands=("make",), title=title)
    return Task(id=f"{number:032x}", document=document, state=state, waiting_for=waiting_for)


def test_each_change_is_a_line_and_the_oldest_comes_first() -> None:
    console = Plain()
    with watched(console) as show:
        show([task(2, "waiting", "capacity"), task(1, "running")])
        show([task(2, "waiting", "capacity"), task(1, "running")])
        show([task(3, "submitted"), task(2, "running"), task(1, "running")])
    assert [line.split("  ")[1] for line in console.lines] == [
        "running",
        "waiting (capacity)",
        "running",
        "submitted",
    ]


@pytest.mark.parametrize("title", ["\x1b[2J", "a\nb", "\u202eevil", "\x9b31m"])
def test_a_title_cannot_move_the_cursor(title: str) -> None:
    assert all(cell.isprintable() for cell in row(task(1, "running", title=title)))
