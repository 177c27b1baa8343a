"""Asking the kernel what it allows."""

import os
import re
from pathlib import Path

from chorus_bwrap.diagnosis import Kernel

COUNTS_PROCESSES_SINCE = (5, 15)
"""From here on RLIMIT_NPROC counts the processes of one user namespace, not those of the user."""

MARKS = ("/.dockerenv", "/run/.containerenv")


def look() -> Kernel:
    """The settings that matter for namespaces."""
    return Kernel(
        max_user_namespaces=_number("user/max_user_namespaces"),
        unprivileged_userns_clone=_number("kernel/unprivileged_userns_clone"),
        apparmor_restrict_unprivileged_userns=_number("kernel/apparmor_restrict_unprivileged_userns"),
        in_container=any(Path(mark).exists() for mark in MARKS),
    )


def counts_processes(release: str | None = None) -> bool:
    """Whether a limit on processes can be held for one sandbox (`release` as uname gives it)."""
    found = re.match(r"(\d+)\.(\d+)", release or os.uname().release)
    return found is not None and (int(found[1]), int(found[2])) >= COUNTS_PROCESSES_SINCE


def _number(name: str) -> int | None:
    try:
        return int(Path("/proc/sys", name).read_text())
    except (OSError, ValueError):
        return None
