"""The files that say what a verify command does: `make test` does what the Makefile says. Pure.

Whoever may change such a file may make any verify pass, so with a goal they are put back before it runs.
Only programs whose whole work is to do what a file says count. A script that verify calls by its path may be
the very thing to be repaired: who wants that protected says so.
"""

import re
from collections.abc import Sequence
from typing import Final

from chorus_hooks.task import Action

_MAKE: Final = ("Makefile", "makefile", "GNUmakefile", "*.mk")
_CMAKE: Final = ("CMakeLists.txt", "*.cmake", "CMakePresets.json")
_NODE: Final = ("package.json", ".npmrc", ".yarnrc", ".yarnrc.yml")
_PYTEST: Final = ("pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml", "/.local/lib/")
_GRADLE: Final = ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts", "gradlew")

BY_PROGRAM: Final = {
    "make": _MAKE,
    "gmake": _MAKE,
    "cmake": _CMAKE,
    "ctest": _CMAKE,
    "meson": ("meson.build", "meson_options.txt"),
    "ninja": ("build.ninja",),
    "just": ("justfile", ".justfile", "Justfile"),
    "npm": _NODE,
    "npx": _NODE,
    "yarn": _NODE,
    "pnpm": _NODE,
    "jest": _NODE,
    "vitest": _NODE,
    "mocha": _NODE,
    "pytest": _PYTEST,
    "tox": _PYTEST,
    "nox": ("noxfile.py",),
    "rake": ("Rakefile", "*.rake"),
    "mvn": ("pom.xml", "/.mvn/"),
    "gradle": _GRADLE,
    "gradlew": _GRADLE,
}

_WORD: Final = re.compile(r"[^\s;&|()<>\"'`$]+")


def conductors(verify: Sequence[Action]) -> tuple[str, ...]:
    """Globs of the files that these commands do the will of. A word too many costs little."""
    found: dict[str, None] = {}
    for action in verify:
        for word in _WORD.findall(action if isinstance(action, str) else " ".join(action)):
            found |= dict.fromkeys(BY_PROGRAM.get(word.rpartition("/")[2], ()))
    return tuple(found)
