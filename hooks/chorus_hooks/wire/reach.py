"""Who can be asked: peers that are linked, and members that can be dialled."""

from typing import Final

from chorus_hooks.errors import ChorusError, Unreachable
from chorus_hooks.members import Members
from chorus_hooks.mesh import Mesh

TRIED: Final = 3
"""Addresses of a member that are dialled."""


class Reach:
    """In a large mesh a node is linked to some of the others only."""

    def __init__(self, mesh: Mesh, members: Members | None) -> None:
        self._mesh = mesh
        self._members = members
        self.linked: dict[str, None] = {}

    async def run(self) -> None:
        """Follow the links until cancelled."""
        self.linked.clear()
        async with self._mesh.links() as links:
            async for link in links:
                if link.up:
                    self.linked[link.peer_id] = None
                else:
                    self.linked.pop(link.peer_id, None)

    def others(self) -> tuple[str, ...]:
        """Members that are there and not linked."""
        members = self._members.all() if self._members is not None else ()
        return tuple(
            member.peer_id
            for member in members
            if member.state in ("alive", "suspect") and member.peer_id not in self.linked
        )

    async def to(self, peer_id: str) -> None:
        """Link it, unless it is. Raises Unreachable."""
        if peer_id in self.linked:
            return
        member = self._members.find(peer_id) if self._members is not None else None
        for address in member.addresses[:TRIED] if member else ():
            try:
                if await self._mesh.dial(address) == peer_id:
                    return
            except ChorusError:
                continue
        raise Unreachable(f"there is no way to {peer_id}")
