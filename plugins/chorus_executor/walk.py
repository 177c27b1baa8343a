"""Walks a working tree: what git would commit, in a fixed order, with how each thing looked at first."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from chorus_executor.ignore import Rules, parse_rules
from chorus_executor.names import printable, refuse_name, stays_inside
from chorus_hooks.errors import UsageError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_LARGEST_RULES: Final = 1 << 20


class TreeChanged(UsageError):  # noqa: N818 - reads as what happened
    """Somebody wrote into the tree while it was packed."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{printable(path)} changed while it was packed",
            hint="wait until nothing writes there, or name it in .gitignore",
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, link or directory to pack. `path` is relative; `seen` is its lstat from the walk."""

    path: str
    kind: Literal["file", "symlink", "directory"]
    seen: os.stat_result
    target: str = ""


@dataclass
class Walk:
    """One walk over `root`. `skipped` grows with what is left out for other reasons than .gitignore."""

    root: Path
    skipped: list[str] = field(default_factory=list)

    def entries(self) -> Iterator[Entry]:
        """Parents first, names in the order of their bytes. Raises UsageError, TreeChanged."""
        yield from self._directory("", outer_rules(self.root))

    def _directory(self, path: str, rules: Rules) -> Iterator[Entry]:
        where = self.root / path if path else self.root
        before = _lstat(where, path)
        rules = rules.also(_own_rules(where))
        listed = _kept(where, path, rules)
        for entry in listed:
            below = f"{path}/{entry.name}" if path else entry.name
            _check_name(below)
            seen = _entry_stat(entry, below)
            if stat.S_ISDIR(seen.st_mode):
                yield Entry(below, "directory", seen)
                yield from self._directory(below, rules.below(entry.name))
            elif stat.S_ISLNK(seen.st_mode):
                yield from self._symlink(where / entry.name, below, seen)
            elif stat.S_ISREG(seen.st_mode):
                yield Entry(below, "file", seen)
            else:
                self.skipped.append(f"{printable(below)}: is {_special(seen.st_mode)}")
        if _lstat(where, path).st_mtime_ns != before.st_mtime_ns:
            self._look_again(where, path, rules, [entry.name for entry in listed])

    def _symlink(self, link: Path, path: str, seen: os.stat_result) -> Iterator[Entry]:
        try:
            target = os.readlink(link)  # noqa: PTH115 - Path.readlink would normalise the text
        except OSError:
            raise TreeChanged(path) from None
        resolved = os.path.realpath(link)
        if stays_inside(path, target) and _is_below(resolved, self.root):
            yield Entry(path, "symlink", seen, target)
        else:
            self.skipped.append(f"{printable(path)}: is a link that leaves the tree, to {printable(target)}")

    def _look_again(self, where: Path, path: str, rules: Rules, names: list[str]) -> None:
        """Its time changed; that matters only when something that is packed came or went."""
        if [entry.name for entry in _kept(where, path, rules)] != names:
            raise TreeChanged(path or ".")


def outer_rules(root: Path) -> Rules:
    """The rules from above `root`, when it lies in a git work tree: .gitignore files up to its top."""
    above = [root, *root.parents]
    top = next((place for place in above if (place / ".git").exists()), None)
    if top is None:
        return Rules()
    rules = Rules().also(_read_rules(top / ".git" / "info" / "exclude"))
    for part in reversed(above[: above.index(top)]):
        rules = rules.also(_own_rules(part.parent)).below(part.name)
    return rules


def _own_rules(directory: Path) -> "GitIgnoreSpec | None":
    return _read_rules(directory / ".gitignore")


def _read_rules(path: Path) -> "GitIgnoreSpec | None":
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        return parse_rules(file.read(_LARGEST_RULES))


def _kept(where: Path, path: str, rules: Rules) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(where) as found:
            listed = [
                entry
                for entry in found
                if entry.name != ".git" and not rules.ignore(entry.name, directory=_is_directory(entry))
            ]
    except FileNotFoundError:
        raise TreeChanged(path or ".") from None
    except OSError as error:
        raise unreadable(path or ".", error) from None
    listed.sort(key=lambda entry: os.fsencode(entry.name))
    return listed


def _check_name(path: str) -> None:
    reason = refuse_name(path)
    if reason:
        raise UsageError(
            f"{printable(path)} cannot be packed: {reason}", hint="rename it, or name it in .gitignore"
        )


def _is_directory(entry: "os.DirEntry[str]") -> bool:
    return entry.is_dir(follow_symlinks=False)


def _entry_stat(entry: "os.DirEntry[str]", path: str) -> os.stat_result:
    try:
        return entry.stat(follow_symlinks=False)
    except OSError:
        raise TreeChanged(path) from None


def _lstat(where: Path, path: str) -> os.stat_result:
    try:
        return where.stat()
    except OSError:
        raise TreeChanged(path or ".") from None


def _is_below(path: str, root: Path) -> bool:
    return path == str(root) or path.startswith(str(root).rstrip("/") + "/")


def _special(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a fifo"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def unreadable(path: str, error: OSError) -> UsageError:
    """The error for something that cannot be packed because it cannot be read."""
    return UsageError(
        f"{printable(path)} cannot be read: {error.strerror}",
        hint="make it readable, or name it in .gitignore",
    )
