"""A goal task once more, without a model: from its transcript, and from what the model had done.

Two parts, for two plugins: a `Replayer` reads the transcript and plays the model, a `Rerunner` has a sandbox.
"""

from dataclasses import dataclass
from typing import Protocol

import msgspec

from chorus_hooks.executor import Assignment, Report
from chorus_hooks.reasoner import Reasoner
from chorus_hooks.task import Reason, Result, Task


class Rerun(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the recorded actions when they were done again.

    `actions` were done; `steps` tells, one line each, which of them had another outcome, `files` which files
    are not as the task had left them. `reason` and `exit_code` are the verdict, `sandbox` is where.
    """

    actions: int
    reason: Reason
    exit_code: int | None
    sandbox: str | None
    steps: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay of the task `id` gave. `differs` says in a line the first thing that came out otherwise.

    `lines` are those of the transcript that hold, `whole` says that none is missing. `steps` and `tokens` are
    what the loop counted. `run` is None when nothing was done again; `not_run` says why not.
    """

    id: str
    same: bool
    differs: str = ""
    transcript: str
    lines: int = 0
    whole: bool = False
    steps: int = 0
    tokens: int = 0
    run: Rerun | None = None
    not_run: str = ""


@dataclass(frozen=True)
class Again:
    """How an assignment ended that was run again, and which files its changes have otherwise than before."""

    result: Result
    files: tuple[str, ...]


class Rerunner(Protocol):
    """Runs an attempt again, beside everything: nothing of it is kept."""

    async def run(self, work: Assignment, reasoner: Reasoner, before: Result, report: Report) -> Again:
        """Run it to its end with another reasoner, and compare its changes with those of `before`.

        A missing sandbox or source is a result, as an executor tells it. Raises ChorusError when the
        changes of before cannot be read.
        """
        ...


class Replayer(Protocol):
    """Replays goal tasks."""

    async def replay(self, task: Task, report: Report, rerunner: Rerunner | None) -> Replay:
        """Check the transcript, feed the loop with it, and with a `rerunner` do the actions again.

        Raises NotFound when the task has no transcript, or its source is gone; Refused when this version
        cannot read it, when secrets were taken out of what is to be done again, or without a sandbox.
        """
        ...
