"""How a failure is told: one line on what happened, one on what to do, and an exit code."""

import signal

from chorus_hooks.errors import ChorusError


class Interrupted(ChorusError):  # noqa: N818 - reads as what happened
    """A signal ended the work, and everything was cleaned up. Exit code 128 + the signal."""

    code = "interrupted"

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.number = number


def exit_code(error: ChorusError, own_failure: int | None) -> int:
    """The process's exit code; `own_failure` is the command's own code for what is CHORUS's doing."""
    if isinstance(error, Interrupted):
        return 128 + error.number
    return own_failure or error.exit_code


def first_of(error: BaseException) -> BaseException:
    """What to tell of an exception group: the first ChorusError in it, else the first leaf."""
    leaves = list(_leaves(error))
    return next((leaf for leaf in leaves if isinstance(leaf, ChorusError)), leaves[0])


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]
