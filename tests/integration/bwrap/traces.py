"""What a sandbox could leave behind, and waiting until nothing is left."""

import os
from pathlib import Path

import trio

GONE_WITHIN_S = 5.0
"""Generous: tearing the namespaces down takes milliseconds, on a loaded machine some hundred."""


def living(mark: str) -> list[str]:
    """Command lines of processes with this mark in them; a zombie is no process any more."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            try:
                line = Path(entry.path, "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if mark in line:
                found.append(f"{entry.name} {line}")
    return found


def mounts() -> list[str]:
    """Mounts of ours that this process sees; there must never be one."""
    return [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if " chorus " in line]


async def gone(mark: str) -> None:
    """Wait until no process with the mark is left."""
    with trio.move_on_after(GONE_WITHIN_S):
        while living(mark):  # noqa: ASYNC110 - processes of others send no event
            await trio.sleep(0.01)
    assert living(mark) == []
    assert mounts() == []
