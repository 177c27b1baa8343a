"""How a task ended, in one line and one exit code. Pure."""

from collections.abc import Mapping
from typing import Final

from chorus_coordinator.cli.text import plain, seconds
from chorus_hooks.task import Reason, Task

OWN_FAILURE: Final = 125
_CODES: Final[Mapping[Reason, int]] = {
    "timeout": 124,
    "oom": 137,
    "output_limit": 137,
    "disk_limit": 137,
    "verify_failed": 1,
    "model_unavailable": 125,
    "step_limit": 1,
    "token_limit": 1,
    "cost_limit": 1,
    "no_action": 1,
    "stuck": 1,
    "gave_up": 1,
    "denied": 1,
    "agent_failed": 1,
    "agent_unavailable": 125,
    "cancelled": 143,  # by another process: as if that one had sent SIGTERM
}
_WORDS: Final[Mapping[Reason, str]] = {
    "timeout": "killed by its time limit",
    "oom": "killed by its memory limit",
    "output_limit": "killed by its output limit",
    "disk_limit": "killed by its disk limit",
    "cancelled": "cancelled",
    "sandbox_unavailable": "not run, since no sandbox can take it",
    "sandbox_lost": "cut short, since its sandbox went away",
    "verify_failed": "passed, but verify failed",
    "source_missing": "not run, since its source is missing",
    "artifacts_refused": "ran, but what it left was refused",
    "interrupted": "interrupted",
    "lost": "lost with the processes that ran it",
    "dependency_failed": "not run, since a task before it did not succeed",
    "model_unavailable": "not worked on, since no model answers",
    "step_limit": "ended by its limit of steps",
    "token_limit": "ended by its limit of tokens",
    "cost_limit": "ended by its limit of cost",
    "no_action": "ended, since the model's replies held nothing to do",
    "stuck": "ended, since the model did the same over and over",
    "gave_up": "given up by the model",
    "denied": "denied by a person",
    "agent_failed": "not reached, since its agent failed",
    "agent_unavailable": "not worked on, since its agent cannot be run here",
}


def exit_code(task: Task) -> int:
    """As `docker run`: the command's own code, or what stands for the reason that ended it."""
    result = task.result
    if result is None:
        return OWN_FAILURE
    if result.reason == "exited" and result.exit_code is not None:
        return result.exit_code
    return _CODES.get(result.reason, OWN_FAILURE)


def verdict(task: Task) -> str:
    """One line that says how the task ended and why."""
    result = task.result
    if result is None:
        return task.state
    if result.reason == "exited":
        last = result.steps[-1] if result.steps else None
        which = f"command {len(result.steps)} " if last and len(task.document.commands) > 1 else ""
        ended = "succeeded" if task.state == "succeeded" else f"failed: {which}exited with {result.exit_code}"
        return f"{ended} in {seconds(result.usage.wall_s)}"
    words = _WORDS[result.reason]
    if result.reason == "verify_failed" and task.document.kind == "goal":
        words = "submitted, but verify failed"
    return f"{words}: {plain(result.detail)}" if result.detail else words
