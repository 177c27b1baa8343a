"""How nodes of this machine are stopped: asked first, made to after a while, and never a stranger."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

import trio

from chorus.local_mesh.place import Place

PATIENCE_S: Final = 20.0
"""A node gives each of its services some seconds to end well."""


async def stop(places: Sequence[Place], patience: float = PATIENCE_S) -> tuple[list[Place], list[Place]]:
    """Stop those that run; returns who ended when asked, and who had to be killed."""
    asked: list[Place] = []
    killed: list[Place] = []
    with ExitStack() as held:
        running = [(place, held.enter_context(_held(place))) for place in places]
        async with trio.open_nursery() as nursery:
            for place, process in running:
                if process is not None:
                    nursery.start_soon(_end, place, process, patience, asked, killed)
    return [place for place in places if place in asked], [place for place in places if place in killed]


async def _end(place: Place, process: int, patience: float, asked: list[Place], killed: list[Place]) -> None:
    signal.pidfd_send_signal(process, signal.SIGTERM)
    with trio.move_on_after(patience):
        await trio.lowlevel.wait_readable(process)  # it has ended, waited for by its parent or not
        asked.append(place)
        return
    signal.pidfd_send_signal(process, signal.SIGKILL)
    killed.append(place)
    with trio.move_on_after(patience):
        await trio.lowlevel.wait_readable(process)


@contextmanager
def _held(place: Place) -> Iterator[int | None]:
    """A descriptor of the node's process, by which nobody else can be meant; None when none runs.

    It is opened before the lock says once more that the process is the node: one that got the number of a
    node which just ended does not hold the lock.
    """
    pid = place.pid()
    try:
        process = os.pidfd_open(pid) if pid is not None else None
    except ProcessLookupError:
        process = None
    try:
        yield process if place.pid() == pid else None
    finally:
        if process is not None:
            os.close(process)
