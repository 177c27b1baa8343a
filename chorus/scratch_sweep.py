"""The core's own sweeper: scratch directories of processes that were killed."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import trio

from chorus_hooks.leftover import Leftover, Sweeper
from chorus_hooks.node import Node
from chorus_hooks.service import Capabilities


class ScratchSweep:
    """Implements `chorus_hooks.leftover.Sweep`. A boot that is dead never comes back: its id is random."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def find(self) -> tuple[Leftover, ...]:
        """The directories of dead boots, with what their files take."""
        return await trio.to_thread.run_sync(lambda: tuple(self._dead()), abandon_on_cancel=True)

    async def remove(self) -> tuple[Leftover, ...]:
        """Remove them. A node that stops does not wait for a large one: the next start goes on with it."""

        def remove() -> tuple[Leftover, ...]:
            dead = tuple(self._dead())
            for leftover in dead:
                shutil.rmtree(self._node.scratch.parent / leftover.name, ignore_errors=True)
            return dead

        return await trio.to_thread.run_sync(remove, abandon_on_cancel=True)

    def _dead(self) -> Iterator[Leftover]:
        for path in self._node.scratch.parent.iterdir():
            if not self._node.alive(path.name):
                yield Leftover("scratch-dir", path.name, _size(path))


def scratch_sweeper() -> Sweeper:
    """Every process clears them when it starts; a node that runs for months does it in between."""

    def build(capabilities: Capabilities) -> ScratchSweep:
        return ScratchSweep(capabilities.get(Node))

    return Sweeper("scratch", build, requires=(Node,))


def _size(directory: Path) -> int:
    size = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                size += Path(folder, name).lstat().st_size
            except OSError:  # it went while we looked
                continue
    return size
