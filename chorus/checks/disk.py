"""The check `disk`: room for the journal and the blobs. Its rule is pure."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trio

from chorus_hooks.errors import ChorusError
from chorus_hooks.health import Check, Finding
from chorus_hooks.node import Node
from chorus_hooks.quantity import told_size
from chorus_hooks.service import Capabilities

GIB: Final = 1 << 30
MIB: Final = 1 << 20


@dataclass(frozen=True)
class Floor:
    """Below `most`, or below `share` of what there is where that is less."""

    most: int
    share: float

    def of(self, total: int) -> float:
        """The floor on a disk with `total` of it."""
        return min(self.most, self.share * total)


LOW: Final = Floor(GIB, 0.10)
FULL: Final = Floor(100 * MIB, 0.02)
"""The journal needs a few megabytes to say why it stops, and tasks need room for what they make."""

FEW_INODES: Final = Floor(20_000, 0.05)
NO_INODES: Final = Floor(1_000, 0.01)

CURE: Final = "free some space: `chorus prune` removes what nothing needs, or move the state dir"


@dataclass(frozen=True)
class Room:
    """What a file system has and what is left of it for us, in bytes and in inodes (0: it does not count)."""

    size: int
    free: int
    inodes: int
    free_inodes: int


def look(path: Path) -> Room:
    """Ask the file system under `path`. Blocks. Raises OSError."""
    seen = os.statvfs(path)
    return Room(seen.f_blocks * seen.f_frsize, seen.f_bavail * seen.f_frsize, seen.f_files, seen.f_favail)


def judge(room: Room) -> Finding:
    """Whether that is enough."""
    bytes_left = f"{told_size(room.free)} of {told_size(room.size)} are free"
    inodes_left = f"{room.free_inodes} of {room.inodes} inodes are free"
    if room.free < FULL.of(room.size):
        return Finding("failed", f"the disk is full: {bytes_left}", CURE)
    if room.free_inodes < NO_INODES.of(room.inodes):
        return Finding("failed", f"the disk takes no more files: {inodes_left}", CURE)
    if room.free < LOW.of(room.size):
        return Finding("warning", f"the disk is nearly full: {bytes_left}", CURE)
    if room.free_inodes < FEW_INODES.of(room.inodes):
        return Finding("warning", f"the disk takes few more files: {inodes_left}", CURE)
    return Finding("ok", bytes_left)


async def _probe(capabilities: Capabilities) -> Finding:
    path = capabilities.get(Node).state_dir
    try:
        return judge(await trio.to_thread.run_sync(look, path, abandon_on_cancel=True))
    except OSError as error:
        raise ChorusError(
            f"{path} cannot be looked at: {error.strerror}", hint="check the disk under it (dmesg)"
        ) from None


def disk_check() -> Check:
    """A full disk makes a node not ready before the journal has to refuse."""
    return Check("disk", _probe, requires=(Node,), every=10.0, gates=True)
