"""Dials a target by all that is known of where it is."""

from typing import Final, Protocol

import trio

from chorus_hooks.errors import ChorusError
from chorus_hooks.mesh import Mesh
from chorus_members.counts import Counts
from chorus_members.effect import Effect
from chorus_members.view import View

DIAL_S: Final = 5.0
"""A handshake over a bad link takes a second; a host that is away never answers."""
REFUSED_S: Final = 1.0
"""A dial that fails so fast was refused. One that fails later met silence, which tells nothing."""
STAGGER_S: Final = 0.25
"""Before the next address is tried beside one that has neither failed nor answered (as RFC 8305 has it)."""
AT_ONCE: Final = 16


class Asking(Protocol):
    """Whose view it is."""

    view: View

    def perform(self, effects: list[Effect]) -> None:
        """Do what the view wants."""
        ...


class Dialling:
    """Tells the view of each dial what came of it."""

    def __init__(self, mesh: Mesh, asking: Asking, counts: Counts) -> None:
        self._mesh = mesh
        self._counts = counts
        self._asking = asking
        self._free = trio.Semaphore(AT_ONCE)

    async def dial(self, target: str) -> None:
        """One try."""
        async with self._free:
            reached = await self.reaches(target)
        if not reached:
            self._counts.redials_failed += 1
            self._asking.perform(self._asking.view.dial_failed(target, trio.current_time()))

    async def reaches(self, target: str) -> bool:
        """Whether one of its addresses leads to it."""
        reached: list[str] = []
        with trio.move_on_after(DIAL_S):
            async with trio.open_nursery() as nursery:

                async def attempt(address: str, failed: trio.Event) -> None:
                    if await self._reaches(target, address):
                        reached.append(address)
                        nursery.cancel_scope.cancel()
                    failed.set()

                for address in self._asking.view.ways(target):
                    failed = trio.Event()
                    nursery.start_soon(attempt, address, failed)
                    with trio.move_on_after(STAGGER_S):
                        await failed.wait()
        return bool(reached)

    async def _reaches(self, target: str, address: str) -> bool:
        view, began = self._asking.view, trio.current_time()
        try:
            peer_id = await self._mesh.dial(address)
        except ChorusError:
            if trio.current_time() - began < REFUSED_S:
                self._asking.perform(view.refused(target, address, trio.current_time()))
            return False
        self._asking.perform(view.dialled(target, address, peer_id, trio.current_time()))
        return target in (peer_id, address)
