"""What may cross from a plugin to the person at the terminal.

ChorusError                 the message is for a person, no traceback is shown      exit 1
├── WorkFailed              the work itself failed: a task, a verification           exit 1
├── UsageError              the command or the document was wrong                    exit 2
├── Unreachable             a node, engine or peer that is needed does not answer    exit 3
├── NotFound                no such thing, or unknown offline                        exit 4
├── Refused                 a policy says no: no sandbox, a secret, a quota          exit 5
│   ├── Full                no room: a disk, a quota
│   ├── Conflict            it clashes with what stands: a key used for something else
│   └── Busy                too much to do right now: try again after a while
└── ConfigError             the environment is wrong                                 exit 78

Anything else that is raised is a bug.
"""

from typing import ClassVar


class ChorusError(Exception):
    """A failure to be told in one line, with a second line that says what to do.

    `message` says what happened, `hint` what to try; neither ends with a full stop.
    """

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "failed"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class WorkFailed(ChorusError):  # noqa: N818 - reads as what happened
    """The work that was asked for failed: a command, a verification."""

    code = "work_failed"


class UsageError(ChorusError):
    """The command line or the document cannot be taken as it is."""

    exit_code = 2
    code = "usage"


class Unreachable(ChorusError):  # noqa: N818
    """A node, an engine or a peer that is needed does not answer."""

    exit_code = 3
    code = "unreachable"


class NotFound(ChorusError):  # noqa: N818
    """There is no such thing here; it may exist elsewhere."""

    exit_code = 4
    code = "not_found"


class Refused(ChorusError):  # noqa: N818
    """A policy says no, and saying no is the right outcome."""

    exit_code = 5
    code = "refused"


class Full(Refused):
    """There is no room for it, on the disk or in a quota. It may be taken when there is some again."""

    code = "full"


class Conflict(Refused):
    """It clashes with what is there: an idempotency key that belongs to another document."""

    code = "conflict"


class Busy(Refused):
    """The queue is full. The same request may be taken after `retry_after` seconds."""

    code = "busy"

    def __init__(self, message: str, *, retry_after: float, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class ConfigError(ChorusError):
    """One or more environment settings are wrong; the message lists them all."""

    exit_code = 78
    code = "config"
