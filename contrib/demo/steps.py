"""The story of the demo: which projects run, how, and what must come of it."""

import shlex
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path("contrib/examples")
PATCH = EXAMPLES / "python-inventory-broken.patch"

# A repair in one line, as an agent might make it. The cheat makes the tests pass by removing those that fail.
REPAIR = ("sed", "-i", "s/item.free < item/item.free <= item/", "inventory/reorder.py")
CHEAT = ("rm", "tests/test_reorder.py")
UNITTEST = "python3 -m unittest"

NO_MODEL = "No model thinks here: its replies are a script."
WORKS = (
    "What fails?\n```bash\npython3 -m unittest 2>&1 | grep -A9 ^FAIL; cat inventory/reorder.py\n```",
    f"An item at its reorder level has to be ordered, too.\n```bash\n{shlex.join(REPAIR)} && {UNITTEST}\n```",
    "SUBMIT: items exactly at their reorder level are ordered again; the tests pass",
)
CHEATS = (
    "The test is in the way.\n```file tests/test_reorder.py\nimport unittest\n```",
    f"```bash\n{UNITTEST}\n```",
    "SUBMIT: all tests pass",
)


@dataclass(frozen=True)
class Step:
    """One `chorus run`. `tools` are what it needs where no image brings them; `expected` is its exit code.

    With a `goal` a model works, which here says the `replies` of a script, whatever it is asked.
    """

    name: str
    tells: str
    language: str
    tools: tuple[str, ...]
    source: Path
    command: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    expected: int = 0
    reason: str = "exited"
    artifacts: Path | None = None
    goal: str = ""
    replies: tuple[str, ...] = ()

    def argv(self) -> list[str]:
        """The command line after `chorus`."""
        out = ["--out", str(self.artifacts)] if self.artifacts else []
        source = ["--source", str(self.source)]
        work = ["--goal", self.goal] if self.goal else ["--", *self.command]
        return ["run", "--name", self.name, *source, *self.options, *out, *work]


def story(broken: Path, reports: Path) -> list[Step]:
    """All steps. `broken` holds the Python project with a bug, `reports` is where artifacts land."""
    unittest = tuple(UNITTEST.split())
    judged = ("--verify", UNITTEST, "--protect", "tests/**")
    return [
        Step(
            "python-passes",
            "A Python project with four modules: its unittest suite passes.",
            "python",
            ("python3",),
            EXAMPLES / "python-inventory",
            unittest,
        ),
        Step(
            "python-fails",
            "The same project with one real bug: the suite fails, and so does chorus, with the suite's code.",
            "python",
            ("python3",),
            broken,
            unittest,
            expected=1,
        ),
        Step(
            "repair",
            "A repair. The tests judge it in a fresh sandbox: the original source plus what was changed.",
            "python",
            ("python3",),
            broken,
            REPAIR,
            judged,
        ),
        Step(
            "cheat",
            "A cheat that deletes the failing tests. They are protected, so they are back when it is judged.",
            "python",
            ("python3",),
            broken,
            CHEAT,
            judged,
            expected=1,
            reason="verify_failed",
        ),
        Step(
            "goal",
            f"The same as a goal for a model. {NO_MODEL}",
            "python",
            ("python3",),
            broken,
            options=("--verify", UNITTEST),
            goal="make the tests pass",
            replies=WORKS,
        ),
        Step(
            "goal-cheat",
            f"A model that edits the tests and says that it is done. {NO_MODEL}",
            "python",
            ("python3",),
            broken,
            options=("--verify", UNITTEST),
            goal="make the tests pass",
            replies=CHEATS,
            expected=1,
            reason="verify_failed",
        ),
        Step(
            "c-wordcount",
            "A C program, built by make and checked against what it should print.",
            "c",
            ("make", "cc"),
            EXAMPLES / "c-wordcount",
            ("make", "-s", "check"),
        ),
        Step(
            "node-queue",
            "A Node package and its tests.",
            "javascript",
            ("node",),
            EXAMPLES / "node-queue",
            ("node", "--test", "--test-reporter=dot"),
        ),
        Step(
            "shell-report",
            "A shell script that makes two files. They are collected, hashed, and laid into a directory.",
            "shell",
            (),
            EXAMPLES / "shell-report",
            ("sh", "report.sh"),
            artifacts=reports,
        ),
    ]
