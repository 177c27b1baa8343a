"""The page of errors: every class of error with its exit code, and every reason for which a task ends.

What happened comes from the code. What to do about it is written here; a class or a reason without
advice is a KeyError, so that nobody forgets it.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import get_args

from chorus.errors import Interrupted
from chorus_coordinator.cli.verdict import exit_code
from chorus_hooks import errors
from chorus_hooks.errors import Busy, ChorusError
from chorus_hooks.task import Reason, Result, Task, TaskDocument
from chorus_http.server.problem import problem_of
from contrib.reference.markdown import page, prose, quoted, table

LEAD = """\
An error is one line on what happened and one on what to try, on stderr:

```text
chorus: there is no task 12345678
  try: chorus task list
```

With `--json` it is a document on stdout, and the exit code is the same:

```json
{"error": {"code": "not_found", "message": "there is no task 12345678", "hint": "chorus task list"}}
```

A traceback is shown only with `-vv` or `CHORUS_DEBUG=1`. [Troubleshooting](../troubleshooting.md) goes
through the messages that people meet."""

ADVICE = {
    "ChorusError": "Read the message and its hint; please report an *internal error*, with what `-vv` shows",
    "WorkFailed": "Look at the work: `chorus task show`, `chorus task logs`, or `chorus log verify`",
    "UsageError": "Correct the command line or the document; nothing was done",
    "Unreachable": "Start or reach what is named, then repeat the command",
    "NotFound": "Check the name; it may exist in another state dir",
    "Refused": "Cure what the hint names; repeating the command alone changes nothing",
    "Full": "Free some space, or raise the quota that it names; then the same again",
    "Conflict": "Take another idempotency key, or wait until the task has ended",
    "Busy": "Repeat it after the time that is told",
    "ConfigError": "Correct each variable that the message lists; `chorus config` shows what is in force",
    "Interrupted": "Nothing: a signal was sent, and everything was cleaned up first",
}

REASONS = {
    "exited": "The last command ended by itself; its own code says the rest",
    "timeout": "Raise `--timeout`, or find what hangs in `chorus task logs`",
    "oom": "Raise `--memory`, or let the command use less",
    "output_limit": "Raise `--max-output`, or let the command print less",
    "disk_limit": "Raise `--disk`, or `--memory`, which it follows",
    "cancelled": "Somebody cancelled it; submit it again if that was a mistake",
    "sandbox_unavailable": "The detail says for each sandbox what is missing and what cures it",
    "sandbox_lost": "Run it again; if it happens again, look at the log of the engine or of the kernel",
    "verify_failed": "The commands passed and `verify` did not: see its output with `chorus task logs`",
    "source_missing": "Pack the source again; its blob is no longer in the state dir",
    "artifacts_refused": "The detail says what could not be kept: free some space, or leave less behind",
    "interrupted": "Run it again; the process that ran it was stopped or killed",
    "lost": "Run it again; each process that began it died. See what killed them",
    "dependency_failed": "Look at the task that the detail names; cure it, and submit both again",
    "model_unavailable": "The detail says what each provider lacks: start one, or give an address and a key",
    "step_limit": "Raise `--steps`, or make the goal smaller",
    "token_limit": "Raise `--tokens`, or make the goal smaller",
    "cost_limit": "Raise `--cost`, or choose a cheaper model",
    "no_action": "The model does not keep to the form of a reply; choose another one",
    "stuck": "The model did the same over and over; say more in the goal, or choose another model",
    "gave_up": "The model said that it cannot, and why: see the detail",
    "denied": "A person said no; change the goal, or approve it next time",
    "agent_failed": "Read what the agent printed, `chorus task logs`; 126 and 127 say that it is not there",
    "agent_unavailable": "The detail says what is missing: python3 in the image, or a plugin",
}


def errors_page() -> str:
    """The whole page."""
    rows = [
        (
            quoted(kind.__name__),
            quoted(kind.code),
            code(kind),
            status(kind),
            told(kind),
            ADVICE[kind.__name__],
        )
        for kind in kinds()
    ]
    reasons = [(quoted(reason), run_code(reason), REASONS[reason]) for reason in get_args(Reason)]
    return page(
        "Errors and exit codes",
        LEAD,
        "## Exit codes",
        EXIT_CODES,
        "## Errors",
        table(("class", "`code`", "exit", "HTTP", "means", "what to do"), rows),
        "## Why a task ended",
        "`result.reason` of a task, and with which code `chorus run` then ends:",
        table(("reason", "`chorus run`", "what to do"), reasons),
    )


EXIT_CODES = """\
| code | |
|---|---|
| 0 | done |
| 1, 2, 3, 4, 5, 78 | an error of the class below |
| 130, 143 | SIGINT (Ctrl-C), SIGTERM: what ran was cancelled and cleaned up |
| 141 | whoever read the output went away, as in `chorus log show \\| head` |

`chorus run` follows `docker run`: it ends with the command's own code, with 125 for everything of CHORUS's
own (wrong usage, configuration and refusals included), 127 when the command is not found and 126 when it
cannot be executed. Since a command may itself return any number, the reason is in the last line on stderr
and in `result.reason`."""


def kinds() -> Iterator[type[ChorusError]]:
    """Every class of error, the base first, then as the source has them."""
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, ChorusError):
            yield value
    yield Interrupted


def code(kind: type[ChorusError]) -> str:
    """Its exit code."""
    return "128 + the signal" if kind is Interrupted else str(kind.exit_code)


def told(kind: type[ChorusError]) -> str:
    """What it means: the first paragraph of its docstring."""
    return prose(kind.__doc__).partition("\n\n")[0]


def status(kind: type[ChorusError]) -> str:
    """The HTTP status with which the API tells it; empty for one that only a command meets."""
    if kind is Interrupted:
        return ""
    found = problem_of(Busy("", retry_after=1.0) if kind is Busy else kind("")).status
    return "" if found == HTTPStatus.INTERNAL_SERVER_ERROR else str(found)


def run_code(reason: Reason) -> str:
    """The exit code of `chorus run`, asked from the code that decides it."""
    if reason == "exited":
        return "the command's own"
    ended = Task(id="", document=TaskDocument(), state="failed", result=Result(reason=reason))
    return str(exit_code(ended))
