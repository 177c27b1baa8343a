"""A repair task: a small project with one defect, what a person would ask for, and the fix."""

import os
import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

TASKS = Path(__file__).parent / "tasks"
LANGUAGES = ("python", "javascript", "c", "shell")
TOOLS = {"python": ("python3",), "javascript": ("node",), "c": ("gcc", "make"), "shell": ("sh",)}


@dataclass(frozen=True)
class Run:
    """An agent runs a shell line."""

    line: str


@dataclass(frozen=True)
class Write:
    """An agent writes a whole file, below the source."""

    path: str
    content: str


Action = Run | Write


@dataclass(frozen=True)
class Task:
    """One folder of tasks/. `defect` says for people what is wrong; no agent sees it."""

    language: str
    name: str
    goal: str
    defect: str
    verify: tuple[str, ...]
    oracle: tuple[Action, ...]
    source: Path

    @property
    def title(self) -> str:
        """As it is named everywhere: `python/pages`."""
        return f"{self.language}/{self.name}"

    @property
    def lacks(self) -> str:
        """The tools of its language that this machine does not have."""
        return ", ".join(tool for tool in TOOLS[self.language] if shutil.which(tool) is None)

    def copy(self, to: Path) -> Path:
        """Its source, without what an earlier run left there."""
        return Path(shutil.copytree(self.source, to, ignore=shutil.ignore_patterns("__pycache__", "*.o")))


def tasks() -> list[Task]:
    """All below tasks/, language by language."""
    return [load(file) for language in LANGUAGES for file in sorted(TASKS.glob(f"{language}/*/task.toml"))]


def picked(tasks: Sequence[Task], globs: Sequence[str]) -> list[Task]:
    """Those whose title matches one of the globs."""
    return [task for task in tasks if any(fnmatch(task.title, glob) for glob in globs)]


def load(file: Path) -> Task:
    """Read a task.toml. Raises KeyError for a key that is missing, ValueError for one too many."""
    told = tomllib.loads(file.read_text(encoding="utf-8"))
    task = Task(
        language=file.parts[-3],
        name=file.parts[-2],
        goal=told.pop("goal").strip(),
        defect=told.pop("defect"),
        verify=tuple(told.pop("verify")),
        oracle=tuple(_action(**action) for action in told.pop("oracle")),
        source=file.parent / "source",
    )
    if told:
        raise ValueError(f"{file} has keys that nobody reads: {', '.join(told)}")
    return task


def _action(run: str = "", write: str = "", content: str = "") -> Action:
    return Write(write, content) if write else Run(run.strip("\n"))


def plain_environment(home: Path) -> dict[str, str]:
    """What commands of a task see outside of a sandbox: nothing of the person who runs them."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
