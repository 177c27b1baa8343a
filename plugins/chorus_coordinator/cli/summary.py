"""What a person reads about a task: the closing lines of `chorus run`, and `chorus task show`. Pure."""

import base64
import textwrap
from collections.abc import Iterable, Iterator
from typing import Final

from chorus_coordinator.cli.text import command_line, cut, plain, seconds, size, title
from chorus_coordinator.cli.verdict import verdict
from chorus_hooks.journal import Checkpoint
from chorus_hooks.task import Result, Step, Task, Thinking

_LABEL: Final = 11
LABELS: Final = 2 + _LABEL
"""How wide the left column of a summary is."""

_WIDTH: Final = 100
_COMMAND: Final = 56
_MOST: Final = 12
"""Artifacts and dropped files listed; `chorus task artifacts` and `--json` give all."""

Line = tuple[str, str]


def summary(task: Task, checkpoint: Checkpoint | None = None, *, delivered: str = "") -> list[str]:
    """The lines, aligned: what ran and how it ended, where and why there, what it left, who signed that."""
    lines = [("task", f"{task.id[:12]}  {title(task)}")]
    if task.result is not None:
        lines += _result(task.id[:12], task.result, delivered)
    if checkpoint is not None:
        lines.append(("signed", _signed(checkpoint)))
    return ["  " + line for line in _aligned(lines)]


def show(task: Task) -> str:
    """All about one task, the document included."""
    document = task.document
    lines: list[Line] = [
        ("id", task.id),
        ("title", title(task)),
        ("state", task.state + (f" for {task.waiting_for}" if task.waiting_for else "")),
        ("submitted", task.submitted_at),
    ]
    lines += [("answer", f"chorus approve {task.id}")] if task.waiting_for == "approval" else []
    lines += [("answer", f"chorus task resume {task.id}")] if task.waiting_for == "paused" else []
    lines += [("why", plain(task.waiting_why))] if task.waiting_why else []
    lines += [("ended", task.ended_at)] if task.ended_at else []
    lines += [("project", document.project)]
    lines += [("goal", plain(line)) for line in (document.goal or "").splitlines()]
    lines += [("command", command_line(action)) for action in document.commands]
    lines += [("verify", command_line(action)) for action in document.verify]
    lines += [("env", plain(f"{name}={value}")) for name, value in document.env.items()]
    lines += [("part of", task.part_of)] if task.part_of else []
    lines += [("after", task_id) for task_id in document.depends_on]
    lines += [("source", document.source.sha256)] if document.source else []
    lines += [("worker", f"{task.worker}, attempt {task.attempt}")] if task.worker else []
    if task.result is not None:
        lines += [("outcome", verdict(task)), *_result(task.id[:12], task.result, "")]
    return "\n".join(_aligned(lines))


def _aligned(lines: Iterable[Line]) -> Iterator[str]:
    """Labels in a column of their own, said once; long texts wrapped beside them."""
    previous = ""
    for label, text in lines:
        for piece in textwrap.wrap(text, _WIDTH, drop_whitespace=False, break_on_hyphens=False) or [""]:
            yield f"{'' if label == previous else label:<{_LABEL}}{piece}".rstrip()
            previous = label


def _result(short: str, result: Result, delivered: str) -> Iterator[Line]:
    for step in result.steps:
        yield ("verified" if step.verify else "ran", _step(step))
    yield from _thought(short, result.thinking)
    yield from _place(result)
    yield from _used(result)
    yield from _left(short, result, delivered)


def _step(step: Step) -> str:
    ended = f"exit {step.exit_code}" if step.exit_code is not None else step.reason
    return f"{cut(command_line(step.action), _COMMAND):<{_COMMAND}}  {ended:<8}  {seconds(step.wall_s):>8}"


def _thought(short: str, thinking: Thinking | None) -> Iterator[Line]:
    if thinking is None:
        return
    if thinking.steps:
        yield "model", plain(_counted(thinking))
    for part in thinking.parts:
        yield "parts", part
    for line in thinking.summary.strip().splitlines()[:_MOST]:
        yield "claims", plain(line)
    if thinking.transcript is not None:
        told = thinking.transcript
        yield "transcript", f"{told.sha256[:12]}  {size(told.size)}  (chorus task replay {short})"


def _counted(thinking: Thinking) -> str:
    tokens = thinking.prompt_tokens + thinking.reply_tokens
    cost = "" if thinking.cost is None else f", cost {thinking.cost:.4g}"
    steps = "1 step" if thinking.steps == 1 else f"{thinking.steps} steps"
    return f"{', '.join(thinking.models) or 'none'}: {steps}, {tokens} tokens{cost}"


def _place(result: Result) -> Iterator[Line]:
    if result.sandbox:
        yield "sandbox", plain(result.chosen or result.sandbox)
        if result.unlimited:
            yield "sandbox", f"does not limit {', '.join(result.unlimited)}"
    if result.language:
        yield "language", plain(f"{result.language}: {result.language_why}")
    if result.image:
        yield "image", plain(result.image)


def _used(result: Result) -> Iterator[Line]:
    usage = result.usage
    used = [seconds(usage.wall_s)]
    used += [f"{seconds(usage.cpu_s)} of cpu"] if usage.cpu_s is not None else []
    used += [f"{size(usage.peak_memory)} of memory at most"] if usage.peak_memory is not None else []
    used += [f"{size(usage.output_bytes)} of output"]
    yield "used", ", ".join(used)


def _left(short: str, result: Result, delivered: str) -> Iterator[Line]:
    for artifact in result.artifacts[:_MOST]:
        yield "artifacts", f"{artifact.sha256[:12]}  {size(artifact.size):>7}  {plain(artifact.path)}"
    if len(result.artifacts) > _MOST:
        yield "artifacts", f"and {len(result.artifacts) - _MOST} more"
    if delivered:
        yield "artifacts", f"written to {plain(delivered)}"
    if result.changes is not None:
        changes = result.changes
        counts = f"+{changes.added} ~{changes.modified} -{len(changes.deleted)}"
        yield "changes", f"{counts}  (chorus task diff {short})"
    for path in result.restored[:_MOST]:
        yield "restored", plain(path)
    for dropped in result.dropped[:_MOST]:
        yield "dropped", plain(dropped)
    if len(result.dropped) > _MOST:
        yield "dropped", f"and {len(result.dropped) - _MOST} more"
    if result.partial:
        yield "dropped", "not everything could be collected"


def _signed(checkpoint: Checkpoint) -> str:
    root = base64.b64encode(checkpoint.root).decode()[:16]
    peer = checkpoint.origin.split("/")[1]
    return f"journal of {checkpoint.size} entries, root {root}…, by {peer[:8]}…{peer[-6:]}"
