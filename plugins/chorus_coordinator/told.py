"""A task as scripts and people are told of it. Pure."""

from typing import Any

import msgspec

from chorus_hooks.journal import Checkpoint
from chorus_hooks.task import Action, Result, Step, Task

_EXIT_CODES = {"timeout": 124, "oom": 137, "output_limit": 137, "disk_limit": 137, "verify_failed": 1}
OWN_FAILURE = 125
MOST_ARTIFACTS = 12


def task_document(task: Task) -> dict[str, Any]:
    """The JSON of a task: its document's fields, and what became of it beside them."""
    fields: dict[str, Any] = msgspec.to_builtins(task)
    document: dict[str, Any] = fields.pop("document")
    return document | fields


def exit_code(result: Result | None) -> int:
    """The exit code of `chorus run`, as `docker run` gives it: the command's own when it ended by itself."""
    if result is None:
        return OWN_FAILURE
    if result.reason == "exited" and result.exit_code is not None:
        return result.exit_code
    return _EXIT_CODES.get(result.reason, OWN_FAILURE)


def outcome(task: Task) -> str:
    """How it ended, in a few words."""
    result = task.result
    if result is None:
        return task.state + (f" ({task.waiting_for})" if task.waiting_for else "")
    if task.state == "succeeded":
        return "succeeded"
    code = f" {result.exit_code}" if result.reason == "exited" else ""
    detail = f": {result.detail}" if result.detail else ""
    return f"{task.state}: {result.reason}{code}{detail}"


def summary(task: Task, checkpoint: Checkpoint | None = None) -> str:
    """Everything worth knowing about a task, aligned, the outcome last."""
    rows = [("task", f"{task.id[:12]}  {task.document.title}".rstrip())]
    if task.result is not None:
        rows += _result_rows(task, task.result)
    if checkpoint is not None:
        rows.append(("journal", f"{checkpoint.size} entries, signed, root {checkpoint.root.hex()[:16]}"))
    rows.append(("outcome", outcome(task)))
    return "\n".join(f"  {key:<10} {value}" for key, value in rows)


def command_text(action: Action) -> str:
    """A command as a person would type it."""
    return action if isinstance(action, str) else " ".join(action)


def size_text(size: int) -> str:
    """A size to one decimal: `3.4 MB`."""
    amount, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.1f} {unit}" if unit != "B" else f"{size} B"


def _result_rows(task: Task, result: Result) -> list[tuple[str, str]]:
    rows = [("sandbox", result.chosen or result.sandbox or "none")]
    if result.image:
        rows.append(("image", result.image))
    if result.language:
        rows.append(("language", f"{result.language}: {result.language_why}".rstrip(": ")))
    rows += [("verified" if step.verify else "ran", _step(step)) for step in result.steps]
    rows += [("restored", path) for path in result.restored[:MOST_ARTIFACTS]]
    for artifact in result.artifacts[:MOST_ARTIFACTS]:
        rows.append(
            ("artifact", f"{artifact.path}  {size_text(artifact.size)}  sha256:{artifact.sha256[:16]}")
        )
    if len(result.artifacts) > MOST_ARTIFACTS:
        rows.append(("artifact", f"and {len(result.artifacts) - MOST_ARTIFACTS} more"))
    rows += [("left out", line) for line in result.dropped[:MOST_ARTIFACTS]]
    if result.changes:
        count = f"+{result.changes.added} ~{result.changes.modified} -{len(result.changes.deleted)} files"
        rows.append(("changes", f"{count}  (chorus task diff {task.id[:12]})"))
    if result.unlimited:
        rows.append(("unlimited", f"{', '.join(result.unlimited)}: this sandbox does not limit them"))
    rows.append(("used", _usage(result)))
    return rows


def _step(step: Step) -> str:
    ended = f"exit {step.exit_code}" if step.exit_code is not None else step.reason
    return f"{command_text(step.action)}  →  {ended}, {step.wall_s:.2f} s"


def _usage(result: Result) -> str:
    usage = result.usage
    parts = [f"{usage.wall_s:.2f} s"]
    if usage.cpu_s is not None:
        parts.append(f"cpu {usage.cpu_s:.2f} s")
    if usage.peak_memory is not None:
        parts.append(f"memory {size_text(usage.peak_memory)}")
    parts.append(f"output {size_text(usage.output_bytes)}")
    return ", ".join(parts)
