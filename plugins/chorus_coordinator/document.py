"""What a task document must obey beyond its types. Pure; every rule has its own sentence."""

import math
import re
from collections.abc import Iterator, Sequence
from typing import Final, get_args

import msgspec

from chorus_hooks.errors import UsageError
from chorus_hooks.quantity import parse_size
from chorus_hooks.sandbox import Limit
from chorus_hooks.task import Action, Limits, TaskDocument

MAX_DOCUMENT: Final = 64 << 10
MAX_COMMANDS: Final = 64
MAX_GLOBS: Final = 128
MAX_VARIABLES: Final = 256
MAX_TIMEOUT_S: Final = 7 * 86400.0
MAX_PRIORITY: Final = 100
MAX_DEPENDENCIES: Final = 64
MAX_STEPS: Final = 1000
MAX_TOKENS: Final = 1_000_000_000

_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?", re.ASCII)
_LANGUAGE = re.compile(r"[a-z][a-z0-9+#.-]{0,31}", re.ASCII)
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,254}", re.ASCII)
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TASK = re.compile(r"[0-9a-f]{32}", re.ASCII)
_BACKEND = re.compile(r"sandbox:[a-z][a-z0-9_-]{0,31}", re.ASCII)
_LIMITS: Final = frozenset(get_args(Limit))
_SIZES: Final = {
    "memory": (4 << 20, 1 << 44),
    "disk": (1 << 20, 1 << 44),
    "output": (1, 1 << 40),
}


def check(document: TaskDocument) -> None:
    """Raise UsageError that names every rule the document breaks."""
    faults = list(faults_of(document))
    if faults:
        raise UsageError(
            "the task cannot be taken: " + "; ".join(faults), hint="correct it and submit it again"
        )


def faults_of(document: TaskDocument) -> Iterator[str]:
    """A sentence for each rule that the document breaks."""
    unreadable = list(_text(document))
    if unreadable:
        yield from unreadable
        return
    yield from _goal(document) if document.kind == "goal" else _command(document)
    yield from _actions("command", document.commands)
    yield from _actions("verify command", document.verify)
    yield from _globs("protect", document.protect)
    yield from _globs("outputs", document.outputs)
    yield from _names(document)
    yield from _workdir(document.workdir)
    yield from _env(document.env)
    yield from _requires(document.requires)
    yield from _limits(document.limits)
    yield from _dependencies(document.depends_on)
    if not -MAX_PRIORITY <= document.priority <= MAX_PRIORITY:
        yield f"priority is {document.priority}, not between -{MAX_PRIORITY} and {MAX_PRIORITY}"
    size = len(msgspec.json.encode(document))
    if size > MAX_DOCUMENT:
        yield f"it has {size} bytes as JSON, more than {MAX_DOCUMENT}: put long scripts into the source"


def _command(document: TaskDocument) -> Iterator[str]:
    if not document.commands:
        yield "it has no command"
    limits = document.limits
    given = {
        "goal": document.goal is not None,
        "role": document.role is not None,
        "model": document.model is not None,
        "agent": document.agent is not None,
        "allow_test_changes": document.allow_test_changes,
        "limits.steps": limits.steps is not None,
        "limits.tokens": limits.tokens is not None,
        "limits.cost": limits.cost is not None,
    }
    for name in (name for name, there in given.items() if there):
        yield f"{name} is for tasks of the kind `goal`"


def _goal(document: TaskDocument) -> Iterator[str]:
    if not (document.goal or "").strip():
        yield "it has no goal"
    if document.commands:
        yield "it has a goal and commands: a model chooses its own"
    if not document.verify:
        yield "a goal needs a `verify` command, which decides whether it is reached"
    if document.role is not None and not _NAME.fullmatch(document.role):
        yield f"role {document.role!r} is no name: up to 64 of a-z 0-9 . _ -, ends being a-z 0-9"
    if document.model is not None and not _MODEL.fullmatch(document.model):
        yield f"model {document.model!r} is no model's name"
    if document.agent is not None:
        yield from _agent(document.agent)
    limits = document.limits
    if limits.steps is not None and not 1 <= limits.steps <= MAX_STEPS:
        yield f"limits.steps is {limits.steps}, not between 1 and {MAX_STEPS}"
    if limits.tokens is not None and not 1 <= limits.tokens <= MAX_TOKENS:
        yield f"limits.tokens is {limits.tokens}, not between 1 and {MAX_TOKENS}"
    if limits.cost is not None and not (math.isfinite(limits.cost) and limits.cost > 0):
        yield f"limits.cost is {limits.cost}, not a positive number"


def _agent(agent: Action) -> Iterator[str]:
    if isinstance(agent, str) and not agent.strip():
        yield "agent is an empty line"
    elif not agent or not agent[0]:
        yield "agent names no program"


def _text(document: TaskDocument) -> Iterator[str]:
    """NUL and bytes that are no UTF-8 fit neither into an argv nor into JSON."""
    for name, value in msgspec.to_builtins(document).items():
        for text in _strings(value):
            if "\0" in text:
                yield f"{name} contains a NUL character"
            elif any("\ud800" <= letter <= "\udfff" for letter in text):
                yield f"{name} contains bytes that are not UTF-8"


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(name)
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)


def _actions(kind: str, actions: Sequence[Action]) -> Iterator[str]:
    if len(actions) > MAX_COMMANDS:
        yield f"it has {len(actions)} {kind}s, more than {MAX_COMMANDS}"
    for number, action in enumerate(actions, 1):
        if isinstance(action, str):
            if not action.strip():
                yield f"{kind} {number} is an empty line"
        elif not action or not action[0]:
            yield f"{kind} {number} names no program"


def _globs(field: str, globs: Sequence[str]) -> Iterator[str]:
    if len(globs) > MAX_GLOBS:
        yield f"{field} has {len(globs)} globs, more than {MAX_GLOBS}"
    for glob in globs:
        if not glob.strip():
            yield f"{field} has an empty glob"
        elif ".." in glob.split("/"):
            yield f"{field} has {glob!r}, which leaves the workspace: globs are without `..`"
        elif len(glob) > 1024:
            yield f"{field} has a glob of {len(glob)} characters, more than 1024"
        elif not _brackets_close(glob):
            yield f"{field} has {glob!r}, where a [ is never closed"


def _brackets_close(glob: str) -> bool:
    """Whether each `[` begins a set that ends; `]` right after `[` or `[!` belongs to the set."""
    position = 0
    while position < len(glob):
        if glob[position] == "\\":
            position += 1
        elif glob[position] == "[":
            start = position + 1
            start += glob[start : start + 1] in ("!", "^")
            position = glob.find("]", start + 1)
            if position < 0:
                return False
        position += 1
    return True


def _names(document: TaskDocument) -> Iterator[str]:
    if not _NAME.fullmatch(document.project):
        yield f"project {document.project!r} is no name: up to 64 of a-z 0-9 . _ -, ends being a-z 0-9"
    if document.task is not None and not _NAME.fullmatch(document.task):
        yield f"task {document.task!r} is no name: up to 64 of a-z 0-9 . _ -, ends being a-z 0-9"
    if len(document.title) > 200 or not document.title.isprintable():
        yield "title is longer than 200 characters or holds control characters"
    key = document.idempotency_key
    if key is not None and not (0 < len(key) <= 200 and key.isprintable()):
        yield "idempotency_key must be 1 to 200 printable characters"
    if not _LANGUAGE.fullmatch(document.language):
        yield f"language {document.language!r} is no language name"
    if document.image is not None and not _IMAGE.fullmatch(document.image):
        yield f"image {document.image!r} is no image reference"
    if document.source is not None and not _SHA256.fullmatch(document.source.sha256):
        yield "source.sha256 is not 64 lower-case hex digits"


def _workdir(workdir: str) -> Iterator[str]:
    if not workdir or workdir.startswith("/") or ".." in workdir.split("/") or len(workdir) > 1024:
        yield f"workdir {workdir!r} is no path inside the source: relative, without `..`"


def _env(env: dict[str, str]) -> Iterator[str]:
    if len(env) > MAX_VARIABLES:
        yield f"env has {len(env)} variables, more than {MAX_VARIABLES}"
    for name in env:
        if not _VARIABLE.fullmatch(name):
            yield f"env has {name!r}, which is no variable name"


def _requires(requires: Sequence[str]) -> Iterator[str]:
    for need in requires:
        if need not in _LIMITS and not _BACKEND.fullmatch(need):
            known = ", ".join(sorted(_LIMITS))
            yield f"requires has {need!r}, which is neither a limit ({known}) nor sandbox:NAME"


def _dependencies(tasks: Sequence[str]) -> Iterator[str]:
    if len(tasks) > MAX_DEPENDENCIES:
        yield f"depends_on names {len(tasks)} tasks, more than {MAX_DEPENDENCIES}"
    for task in tasks:
        if not _TASK.fullmatch(task):
            yield f"depends_on has {task!r}, which is no task id: 32 hex digits, as `chorus task list` has it"
    if len(set(tasks)) < len(tasks):
        yield "depends_on names a task twice"


def _limits(limits: Limits) -> Iterator[str]:
    for name, (low, high) in _SIZES.items():
        yield from _size(name, getattr(limits, name), low, high)
    timeout, cpus, pids = limits.timeout_s, limits.cpus, limits.pids
    if timeout is not None and not (math.isfinite(timeout) and 0 < timeout <= MAX_TIMEOUT_S):
        yield f"limits.timeout_s is {timeout}, not between 0 and {MAX_TIMEOUT_S:.0f} seconds"
    if cpus is not None and not (math.isfinite(cpus) and 0.01 <= cpus <= 1024):
        yield f"limits.cpus is {cpus}, not between 0.01 and 1024"
    if pids is not None and not 1 <= pids <= 1 << 22:
        yield f"limits.pids is {pids}, not between 1 and {1 << 22}"


def _size(name: str, text: str | None, low: int, high: int) -> Iterator[str]:
    if text is None:
        return
    try:
        size = parse_size(text)
    except (ValueError, OverflowError):
        yield f"limits.{name} is {text!r}, not a size like 512k, 768m or 2g"
        return
    if not low <= size <= high:
        yield f"limits.{name} is {text}, not between {low} and {high} bytes"
