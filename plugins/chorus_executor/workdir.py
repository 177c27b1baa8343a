"""Where the commands of a task start. Pure."""

import posixpath

from chorus_hooks.errors import UsageError


def checked_workdir(workdir: str) -> str:
    """The normal form of a directory below /workspace/data. Raises UsageError for one that is not below."""
    normal = posixpath.normpath(workdir or ".")
    if normal == ".." or normal.startswith(("/", "../")) or "\0" in normal:
        raise UsageError(
            f"the working directory {workdir!r} leaves the source",
            hint="give a relative directory inside it",
        )
    return normal
