"""What git would not commit: .gitignore files at every level, each ruling what lies below it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chorus_executor.names import parents
from chorus_executor.tree import Tree

if TYPE_CHECKING:
    import re

    from pathspec import GitIgnoreSpec

_LARGEST: Final = 1 << 20


def parse_rules(text: bytes) -> "GitIgnoreSpec | None":
    """The rules of one .gitignore; lines that git would not understand are skipped, as git does."""
    from pathspec import GitIgnoreSpec
    from pathspec.patterns.gitignore import GitIgnorePatternError

    lines = [
        line
        for line in text.decode("utf-8", "surrogateescape").removeprefix("\ufeff").split("\n")
        if line.strip()
    ]
    lines = [line.removesuffix("\r") for line in lines if not line.startswith("#")]
    if not lines:
        return None
    try:
        return GitIgnoreSpec.from_lines(lines, backend="simple")
    except GitIgnorePatternError:
        return GitIgnoreSpec.from_lines([line for line in lines if _understood(line)], backend="simple")


def _understood(line: str) -> bool:
    from pathspec import GitIgnoreSpec
    from pathspec.patterns.gitignore import GitIgnorePatternError

    try:
        GitIgnoreSpec.from_lines([line], backend="simple")
    except GitIgnorePatternError:
        return False
    return True


@dataclass(frozen=True)
class Rules:
    """The rules that hold in one directory: its own, and those of the directories above.

    `prefix` is the directory's path from the place where `spec` was written, "" for that place itself.
    """

    levels: tuple[tuple[str, "GitIgnoreSpec"], ...] = ()

    def below(self, name: str) -> "Rules":
        """The same rules, seen from a subdirectory."""
        return Rules(tuple((f"{prefix}{name}/", spec) for prefix, spec in self.levels))

    def also(self, spec: "GitIgnoreSpec | None") -> "Rules":
        """With the rules of this directory's own .gitignore, which beat those from above."""
        return self if spec is None else Rules((("", spec), *self.levels))

    def ignore(self, name: str, *, directory: bool) -> bool:
        """Whether an entry of this directory is left out. An ignored directory hides all that is in it."""
        for prefix, spec in self.levels:
            path = f"{prefix}{name}/" if directory else prefix + name
            for pattern in reversed(spec.patterns):
                if pattern.regex is not None and _names(pattern.regex, path):
                    return bool(pattern.include)
        return False


def _names(regex: "re.Pattern[str]", path: str) -> bool:
    """Whether a pattern means this very path.

    pathspec's patterns also match what lies below a directory, up to the slash in their group `ps_d`. The
    walk needs the last pattern that names the path itself, as git decides: `!*/` after `*` opens each
    directory, but none of the files in it.
    """
    if "ps_d" not in regex.groupindex:
        return regex.search(path.removesuffix("/")) is not None
    return any(match.end("ps_d") in (-1, len(path)) for match in regex.finditer(path))


@dataclass
class TreeIgnore:
    """The rules that a tree brings along, and some more at its top; asked path by path."""

    tree: Tree
    more: Sequence[str] = ()
    _rules: dict[str, Rules] = field(default_factory=dict)
    _hidden: dict[str, bool] = field(default_factory=dict)

    def __call__(self, path: str) -> bool:
        """Whether a file is left out, by itself or with a directory above it."""
        if any(self._hides(parent) for parent in reversed([*parents(path)])):
            return True
        above, _, name = path.rpartition("/")
        return self._in(above).ignore(name, directory=False)

    def _hides(self, directory: str) -> bool:
        if directory not in self._hidden:
            above, _, name = directory.rpartition("/")
            self._hidden[directory] = self._in(above).ignore(name, directory=True)
        return self._hidden[directory]

    def _in(self, directory: str) -> Rules:
        if directory not in self._rules:
            if directory:
                above, _, name = directory.rpartition("/")
                rules = self._in(above).below(name)
            else:
                rules = Rules().also(parse_rules("\n".join(self.more).encode()))
            self._rules[directory] = rules.also(self._own(directory))
        return self._rules[directory]

    def _own(self, directory: str) -> "GitIgnoreSpec | None":
        node = self.tree.nodes.get(f"{directory}/.gitignore" if directory else ".gitignore")
        if node is None or node.kind != "file" or node.size > _LARGEST:
            return None
        return parse_rules(b"".join(node.chunks()))
