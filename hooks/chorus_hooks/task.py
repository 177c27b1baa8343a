"""A task as users write it and as everybody sees it: the JSON of the public contract, typed.

These are msgspec structs: `msgspec.json.decode(raw, type=TaskDocument)` refuses unknown fields and wrong
types, `msgspec.json.encode` writes the document back. Rules beyond types (ranges, globs, names) are the
coordinator's.
"""

from typing import Literal

import msgspec

Action = str | tuple[str, ...]
"""A shell line, run by `sh -c`, or an argv."""

State = Literal[
    "submitted", "waiting", "assigned", "running", "verifying", "succeeded", "failed", "cancelled"
]
TERMINAL: frozenset[str] = frozenset({"succeeded", "failed", "cancelled"})

Reason = Literal[
    "exited",
    "timeout",
    "oom",
    "output_limit",
    "disk_limit",
    "cancelled",
    "sandbox_unavailable",
    "sandbox_lost",
    "verify_failed",
    "source_missing",
    "artifacts_refused",
    "interrupted",
    "lost",
    "dependency_failed",
    "model_unavailable",
    "step_limit",
    "token_limit",
    "cost_limit",
    "no_action",
    "stuck",
    "gave_up",
    "denied",
    "agent_failed",
    "agent_unavailable",
]
"""Why a task ended. `exited` alone says that the last command ended by itself, with any code; `lost` that
each attempt's process died, `dependency_failed` that a task which it depends on did not succeed. The
last ten are of goal tasks: no model answered, a limit of the document was
reached, the replies held nothing that could be done, the same was done over and over, the model said that it
cannot, a person said no; the agent that the task names ended with another code than 0, or cannot be run
here."""


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a task works on: a deterministic tar, as a blob."""

    sha256: str


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a task may use. Sizes are text like `768m`; `None` takes the default.

    `disk` covers /workspace/data, /workspace/output and /tmp together, `output` is stdout and stderr.
    `steps`, `tokens` and `cost` (in the currency of the prices) are of goal tasks only.
    """

    timeout_s: float | None = None
    memory: str | None = None
    cpus: float | None = None
    pids: int | None = None
    disk: str | None = None
    output: str | None = None
    steps: int | None = None
    tokens: int | None = None
    cost: float | None = None


class TaskDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task as it is submitted.

    `requires` names what the sandbox must have: a limit it must enforce (`memory`, `pids`, …) or a
    backend (`sandbox:docker`). `protect` are globs of files that judge the work: before `verify` they are
    put back as the source has them. Of two tasks that wait, the one with the higher `priority` goes first.
    `depends_on` are ids of tasks that have to succeed before this one begins; when one of them ends
    otherwise, this one fails.

    A task of the kind `goal` has a `goal` in place of `commands`: a model works towards it, in the `role`
    whose prompt it gets, and `verify` decides. There the tests of the language are protected too, unless
    `allow_test_changes` is set. `model` asks for one by name. An `agent` is
    a command that works on the goal in the sandbox in place of our own loop, by models that are lent to it.
    """

    kind: Literal["command", "goal"] = "command"
    title: str = ""
    goal: str | None = None
    role: str | None = None
    model: str | None = None
    agent: Action | None = None
    allow_test_changes: bool = False
    commands: tuple[Action, ...] = ()
    verify: tuple[Action, ...] = ()
    protect: tuple[str, ...] = ()
    source: Source | None = None
    language: str = "auto"
    image: str | None = None
    workdir: str = "."
    env: dict[str, str] = {}
    requires: tuple[str, ...] = ()
    limits: Limits = Limits()
    outputs: tuple[str, ...] = ("**",)
    priority: int = 0
    depends_on: tuple[str, ...] = ()
    project: str = "default"
    task: str | None = None
    idempotency_key: str | None = None


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """One collected file: its path under /workspace/output, and its bytes as a blob."""

    path: str
    size: int
    sha256: str


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What a task used. `peak_memory` is in bytes, None where the sandbox cannot tell."""

    wall_s: float = 0.0
    cpu_s: float | None = None
    peak_memory: int | None = None
    output_bytes: int = 0


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """How /workspace/data differed from the source at the end: a tar of new contents, and deletions."""

    sha256: str
    added: int
    modified: int
    deleted: tuple[str, ...] = ()


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One command that ran. `exit_code` is None when it did not end by itself."""

    action: Action
    exit_code: int | None
    reason: Reason
    wall_s: float
    verify: bool = False


class Thinking(msgspec.Struct, frozen=True, kw_only=True):
    """What a model did for a task. `models` are those that answered, as `provider/model`.

    `cost` is None where a model has no price; `summary` is what the model says that it did. `transcript` is
    a blob with every message and observation. `parts` are the tasks that it split its goal into; what they
    used is counted here, too.
    """

    steps: int = 0
    prompt_tokens: int = 0
    reply_tokens: int = 0
    cost: float | None = None
    models: tuple[str, ...] = ()
    summary: str = ""
    transcript: Artifact | None = None
    parts: tuple[str, ...] = ()


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How a task ended. `exit_code` is that of the last command, None when none ended by itself.

    `sandbox` is the backend that ran it and `chosen` why that one; `unlimited` are the limits it does not
    enforce. `output` is the log of stdout and stderr as a blob (see `chorus_hooks.output`). `dropped`
    tells, one line each, what was not collected and why; `partial` that collection did not finish.
    """

    reason: Reason
    exit_code: int | None = None
    detail: str = ""
    attempt: int = 1
    worker: str = ""
    term: int = 0
    usage: Usage = Usage()
    steps: tuple[Step, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    changes: Changes | None = None
    restored: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    partial: bool = False
    output: Artifact | None = None
    sandbox: str | None = None
    chosen: str = ""
    unlimited: tuple[str, ...] = ()
    image: str | None = None
    language: str | None = None
    language_why: str = ""
    thinking: Thinking | None = None


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A task as it stands: its document, its state, and its result once it has one.

    `waiting_for` says what a `waiting` task waits for, `waiting_why` more of that where there is more to say.
    Times are RFC 3339 in UTC. `retry_of` is the task that this one repeats, `part_of` the one whose attempt
    split its goal, `traceparent` the trace that it belongs to (W3C Trace Context).
    """

    id: str
    document: TaskDocument
    state: State
    waiting_for: str | None = None
    waiting_why: str | None = None
    attempt: int = 0
    worker: str | None = None
    submitted_at: str = ""
    ended_at: str | None = None
    result: Result | None = None
    retry_of: str | None = None
    part_of: str | None = None
    traceparent: str | None = None
