"""Starting nodes on this machine: the first one alone, then the others, who are told where it is."""

import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trio

from chorus.local_mesh.place import Place, Where
from chorus.local_mesh.program import command, environment
from chorus_hooks.errors import ChorusError

READY_S: Final = 60.0
"""A node reads its journal first, which takes the longer the more is in it."""
LOOK_S: Final = 0.05
LAST_LINES: Final = 12
LARGEST_TAIL: Final = 64 * 1024


@dataclass(frozen=True)
class Child:
    """A node that this process started."""

    place: Place
    process: "subprocess.Popen[bytes]"

    def ended(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self.process.poll()


def start(place: Place, inherited: Mapping[str, str], join: Path, peers: tuple[str, ...]) -> Child:
    """Start a node in a session of its own: a Ctrl-C is ours to pass on. Raises ChorusError."""
    try:
        place.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if place.log.exists():
            place.log.replace(place.log.with_suffix(".log.old"))
        with place.log.open("xb") as log:
            process = subprocess.Popen(
                command(),
                env=environment(inherited, place, join, peers),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
    except OSError as error:
        raise ChorusError(f"node {place.name} cannot be started: {error}") from None
    return Child(place, process)


async def until_ready(child: Child) -> Where:
    """Wait until it answers. Raises ChorusError with the end of its log when it ends, or takes too long."""
    late = time.monotonic() + READY_S
    while (where := child.place.where()) is None or where.pid != child.process.pid:
        code = child.ended()
        if code is not None:
            raise _failed(child.place, f"ended while it started ({told_end(code)})")
        if time.monotonic() > late:
            raise _failed(child.place, f"is not ready after {READY_S:g} s")
        await trio.sleep(LOOK_S)
    return where


def told_end(code: int) -> str:
    """An exit code in words."""
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


def last_lines(place: Place) -> str:
    """The end of its log."""
    try:
        with place.log.open("rb") as log:
            log.seek(0, 2)
            log.seek(max(0, log.tell() - LARGEST_TAIL))
            lines = log.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return "\n".join(f"  {line}" for line in lines[-LAST_LINES:])


def _failed(place: Place, what: str) -> ChorusError:
    return ChorusError(
        f"node {place.name} {what}; the end of its log:\n{last_lines(place)}",
        hint=f"all of it is in {place.log}",
    )
