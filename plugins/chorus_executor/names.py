"""Names of files as relative paths: which may be taken, where links lead, how to show them. Pure.

A name is text with surrogate escapes for what is not UTF-8, so that any name comes back as it was.
"""

import posixpath
from collections.abc import Iterator
from typing import Final

LONGEST: Final = 4096
_DEEPEST: Final = 128
_LONGEST_COMPONENT: Final = 255


def parents(path: str) -> Iterator[str]:
    """The directories above a path, the nearest first."""
    end = path.rfind("/")
    while end > 0:
        yield path[:end]
        end = path.rfind("/", 0, end)


def stays_inside(path: str, target: str) -> bool:
    """Whether a symbolic link at `path` points, by its text, into the tree that it is in."""
    if target.startswith("/"):
        return False
    reached = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return reached != ".." and not reached.startswith("../")


def refuse_name(path: str) -> str:
    """Why a path from an archive cannot be taken, or nothing."""
    components = path.split("/")
    if path.startswith("/"):
        return "the name is absolute"
    if ".." in components:
        return "the name leaves its place"
    if "" in components or "." in components:
        return "the name is not a normal path"
    if "\0" in path:
        return "the name holds a NUL"
    if len(components) > _DEEPEST:
        return f"is more than {_DEEPEST} directories deep"
    lengths = [len(component.encode("utf-8", "surrogateescape")) for component in components]
    if max(lengths) > _LONGEST_COMPONENT or sum(lengths) + len(lengths) > LONGEST:
        return "the name is too long"
    return ""


def printable(name: str) -> str:
    """A name as it may be shown and kept: what is no printable text is escaped, what is long is cut."""
    raw = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in raw)
    return shown if len(shown) <= 200 else shown[:200] + "…"
