"""Which language a source is written in, and why we think so. Pure, and decided by the tables here.

The order of evidence: what the task says, manifest files, shebangs, bytes by file extension, and last the
words of the commands. Evidence nearer to the working directory beats evidence deeper in the tree.
"""

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from chorus_hooks.errors import UsageError
from chorus_hooks.task import Action

LANGUAGES: Final = {
    "python": "Python",
    "javascript": "JavaScript",
    "typescript": "TypeScript",
    "go": "Go",
    "rust": "Rust",
    "java": "Java",
    "c": "C",
    "cpp": "C++",
    "ruby": "Ruby",
    "shell": "shell",
}

PLAIN: Final = "shell"
"""Where nothing says otherwise."""

_ALIASES: Final = {
    "py": "python",
    "python3": "python",
    "js": "javascript",
    "node": "javascript",
    "nodejs": "javascript",
    "ts": "typescript",
    "golang": "go",
    "rs": "rust",
    "c++": "cpp",
    "cxx": "cpp",
    "rb": "ruby",
    "sh": "shell",
    "bash": "shell",
}

# Earlier rows win where several lie in one directory.
_MANIFESTS: Final = {
    "Cargo.toml": "rust",
    "go.mod": "go",
    "pyproject.toml": "python",
    "setup.py": "python",
    "setup.cfg": "python",
    "requirements.txt": "python",
    "Pipfile": "python",
    "tox.ini": "python",
    "tsconfig.json": "typescript",
    "package.json": "javascript",
    "pom.xml": "java",
    "build.gradle": "java",
    "build.gradle.kts": "java",
    "Gemfile": "ruby",
    "CMakeLists.txt": "c",
    "meson.build": "c",
    "configure.ac": "c",
}

_EXTENSIONS: Final = {
    ".py": "python",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".tsx": "typescript",
    ".go": "go",
    ".rs": "rust",
    ".java": "java",
    ".c": "c",
    ".h": "c",
    ".cc": "cpp",
    ".cpp": "cpp",
    ".cxx": "cpp",
    ".hpp": "cpp",
    ".hh": "cpp",
    ".rb": "ruby",
    ".sh": "shell",
    ".bash": "shell",
}

_PROGRAMS: Final = {
    "python": "python",
    "python2": "python",
    "python3": "python",
    "pip": "python",
    "pip3": "python",
    "pytest": "python",
    "tox": "python",
    "uv": "python",
    "node": "javascript",
    "npm": "javascript",
    "npx": "javascript",
    "yarn": "javascript",
    "pnpm": "javascript",
    "deno": "typescript",
    "tsc": "typescript",
    "ts-node": "typescript",
    "go": "go",
    "cargo": "rust",
    "rustc": "rust",
    "java": "java",
    "javac": "java",
    "mvn": "java",
    "gradle": "java",
    "gcc": "c",
    "cc": "c",
    "clang": "c",
    "g++": "cpp",
    "c++": "cpp",
    "clang++": "cpp",
    "ruby": "ruby",
    "bundle": "ruby",
    "rake": "ruby",
    "sh": "shell",
    "bash": "shell",
    "dash": "shell",
}

_FOREIGN: Final = frozenset({"node_modules", "vendor", "third_party", ".venv", "venv", "site-packages"})
_DEEPEST_MANIFEST: Final = 2
_MOST_SHEBANGS: Final = 100
_VERSION: Final = re.compile(r"[\d.]+$")


@dataclass(frozen=True)
class SourceFile:
    """One regular file of the source: its path, its length in bytes."""

    path: str
    size: int
    executable: bool = False


@dataclass(frozen=True)
class Detection:
    """A language, one of LANGUAGES, and one line of why."""

    language: str
    why: str


def detect(
    explicit: str,
    files: Iterable[SourceFile],
    head: Callable[[str], bytes],
    commands: Sequence[Action],
    *,
    workdir: str = ".",
) -> Detection:
    """Decide. `head` gives the first bytes of a file; it is asked only when shebangs matter.

    Raises UsageError when `explicit` is neither `auto` nor a language that we know.
    """
    if explicit not in ("", "auto"):
        return Detection(_named(explicit), "the task says so")
    own = [file for file in files if _FOREIGN.isdisjoint(file.path.split("/"))]
    called, word = _called(commands)
    for scope in dict.fromkeys((posixpath.normpath(workdir), ".")):
        here = _below(scope, own)
        found = _by_manifest(here, called, word) or _by_shebang(here, scope, head) or _by_extension(here)
        if found:
            return found
    if called:
        return Detection(called, f"the command calls {word}")
    return Detection(PLAIN, "nothing says otherwise")


def _named(explicit: str) -> str:
    lowered = explicit.strip().lower()
    language = _ALIASES.get(lowered, lowered)
    if language not in LANGUAGES:
        raise UsageError(f"unknown language {explicit!r}", hint=f"one of auto, {', '.join(LANGUAGES)}")
    return language


def _below(scope: str, files: list[SourceFile]) -> list[SourceFile]:
    if scope == ".":
        return files
    prefix = scope + "/"
    return [
        SourceFile(file.path[len(prefix) :], file.size, file.executable)
        for file in files
        if file.path.startswith(prefix)
    ]


def _by_manifest(files: list[SourceFile], called: str, word: str) -> Detection | None:
    found = [
        (file.path.count("/"), file.path)
        for file in files
        if posixpath.basename(file.path) in _MANIFESTS and file.path.count("/") <= _DEEPEST_MANIFEST
    ]
    if not found:
        return None
    level = min(found)[0]
    rank = list(_MANIFESTS)
    paths = sorted(
        (path for depth, path in found if depth == level),
        key=lambda path: (rank.index(posixpath.basename(path)), path),
    )
    for path in paths:
        language = _MANIFESTS[posixpath.basename(path)]
        if len(paths) > 1 and language == called:
            return Detection(language, f"{path} is there and the command calls {word}")
    language = _MANIFESTS[posixpath.basename(paths[0])]
    return Detection(_c_or_cpp(files) if language == "c" else language, f"{paths[0]} is there")


def _c_or_cpp(files: list[SourceFile]) -> str:
    weights = _weights(files)
    return "cpp" if weights["cpp"] > 0 else "c"


def _by_shebang(files: list[SourceFile], scope: str, head: Callable[[str], bytes]) -> Detection | None:
    suspects = [
        file
        for file in files
        if file.size > 2
        and (file.executable or not posixpath.splitext(file.path)[1])
        and file.path.count("/") < 2
    ]
    suspects.sort(key=lambda file: (file.path.count("/"), file.path))
    for file in suspects[:_MOST_SHEBANGS]:
        language = interpreter(head(posixpath.normpath(posixpath.join(scope, file.path))))
        if language and language != "shell":
            return Detection(language, f"{file.path} begins with a shebang for {LANGUAGES[language]}")
    return None


def interpreter(head: bytes) -> str:
    """The language that a shebang line names, or nothing."""
    if not head.startswith(b"#!"):
        return ""
    words = head[2:].split(b"\n", 1)[0].decode("ascii", "replace").split()
    names = [posixpath.basename(word) for word in words if not word.startswith("-")]
    if names[:1] == ["env"]:
        names = [name for name in names[1:] if "=" not in name]
    return _program(names[0]) if names else ""


def _by_extension(files: list[SourceFile]) -> Detection | None:
    weights = _weights(files)
    if not weights:
        return None
    if weights["cpp"]:  # a C++ project has headers and parts in C
        weights["cpp"] += weights.pop("c", 0)
    language = min(weights, key=lambda name: (-weights[name], list(LANGUAGES).index(name)))
    share = round(100 * weights[language] / max(1, weights.total()))
    return Detection(language, f"{share} % of the code is {LANGUAGES[language]}")


def _weights(files: list[SourceFile]) -> "Counter[str]":
    weights: Counter[str] = Counter()
    for file in files:
        language = _EXTENSIONS.get(posixpath.splitext(file.path)[1].lower())
        if language:
            weights[language] += max(1, file.size)
    return weights


def _called(commands: Sequence[Action]) -> tuple[str, str]:
    for action in commands:
        words = (
            action.replace(";", " ").replace("&", " ").split() if isinstance(action, str) else list(action)
        )
        for word in words:
            language = _program(posixpath.basename(word))
            if language and language != "shell":
                return language, posixpath.basename(word)
    return "", ""


def _program(name: str) -> str:
    return _PROGRAMS.get(name) or _PROGRAMS.get(_VERSION.sub("", name), "")
