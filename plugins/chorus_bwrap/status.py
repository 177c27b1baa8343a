"""What bubblewrap tells on `--json-status-fd` and stderr. Pure."""

import json

_NO_DIRECTORY = b"bwrap: Can't chdir to "


def exit_code(said: bytes) -> int | None:
    """The command's exit code (128 + n for a signal), or None: it was never started, or bwrap was killed.

    One JSON object a line; the last one has `exit-code`, and only when the command was reached.
    """
    return _number(said, "exit-code")


def first_process(said: bytes) -> int | None:
    """The first process inside, by its number where bubblewrap itself runs; None until it is there."""
    return _number(said, "child-pid")


def _number(said: bytes, name: str) -> int | None:
    for line in said.splitlines():
        try:
            told = json.loads(line)
        except ValueError:
            continue  # cut off in the middle: bwrap was killed
        if isinstance(told, dict) and isinstance(told.get(name), int):
            return int(told[name])
    return None


def lacks_directory(complaint: bytes) -> bool:
    """Whether the command was not started because its working directory is not there."""
    return _NO_DIRECTORY in complaint
