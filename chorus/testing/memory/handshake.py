"""One dial: there, back, and two ends of a connection."""

from functools import partial
from typing import TYPE_CHECKING, Final

import trio

from chorus.testing.memory.address import Address
from chorus.testing.memory.connection import NAME, Connection, connect
from chorus.testing.memory.host import Host
from chorus_hooks.errors import Unreachable

if TYPE_CHECKING:
    from chorus.testing.memory.mesh import MemoryMesh
    from chorus.testing.memory.network import MemoryNetwork

HELLO: Final = 400
"""Bytes that each end sends, about those of TCP, a Noise handshake and the choice of a muxer."""


class Handshake:
    """An attempt of `mesh` to reach whom an address leads to."""

    def __init__(self, network: "MemoryNetwork", mesh: "MemoryMesh", wanted: Address) -> None:
        self._network = network
        self._mesh = mesh
        self._wanted = wanted
        self._over = False
        self._reached: str | None = None
        self._refused: str | None = None
        self._news = trio.lowlevel.ParkingLot()

    async def run(self) -> str:
        """Whom it reached; waits for ever when nothing comes back. Raises Unreachable when refused."""
        target = self._network.listener(self._wanted.socket)
        if target is None:
            raise Unreachable(f"nobody listens at {self._wanted.socket}")
        if target.peer_id == self._mesh.peer_id:
            return self._itself(target)
        if target.dialable:
            self._send(self._mesh.peer_id, target.peer_id, partial(self._on_hello, target))
        try:
            while self._reached is None:
                if self._refused is not None:
                    raise Unreachable(self._refused)
                await self._news.park()
        finally:
            self._over = True
        return self._reached

    def _itself(self, own: Host) -> str:
        """A name tells nothing of whose it is: it takes a connection to see that."""
        if not self._wanted.socket.startswith("/ip"):
            raise Unreachable(f"{self._wanted.socket} is this node itself")
        if why := self._objection(own):
            raise Unreachable(why)
        return own.peer_id

    def _send(self, source: str, target: str, act: "partial[None]") -> None:
        self._network.traffic.count(source, NAME, HELLO)
        self._network.path(source, target).carry(HELLO, act)

    def _on_hello(self, target: Host) -> None:
        if self._over:
            return  # nobody sends a handshake again for one who has given up
        why = self._objection(target)
        answer = partial(self._on_refusal, why) if why else partial(self._on_welcome, self._accept(target))
        self._send(target.peer_id, self._mesh.peer_id, answer)

    def _objection(self, target: Host) -> str | None:
        if target.mesh is None or target.socket != self._wanted.socket:
            return f"nobody listens at {self._wanted.socket}"
        if self._wanted.peer_id not in (None, target.peer_id):
            return f"{self._wanted.socket} is {target.peer_id}, and not {self._wanted.peer_id}"
        if target.mesh.secret != self._mesh.secret:
            return f"{self._wanted.socket} does not know the secret"
        return None

    def _accept(self, target: Host) -> Connection:
        theirs, ours = target.mesh, self._mesh
        assert theirs is not None
        traffic, path = self._network.traffic, self._network.path
        here = Connection(
            ours,
            theirs.peer_id,
            path(ours.peer_id, theirs.peer_id),
            traffic,
            address=target.socket,
            dialled=True,
        )
        source = self._network.source(ours.peer_id)
        there = Connection(
            theirs, ours.peer_id, path(theirs.peer_id, ours.peer_id), traffic, address=source, dialled=False
        )
        connect(here, there)
        theirs.connected(there)
        return here

    def _on_welcome(self, here: Connection) -> None:
        if self._over or not self._mesh.running:
            here.open = False
            here.reset()
            return
        self._reached = here.peer_id
        if self._wanted.peer_id is None and self._mesh.is_linked(here.peer_id):
            here.hang_up()
        else:
            self._mesh.connected(here)
        self._news.unpark_all()

    def _on_refusal(self, why: str) -> None:
        self._refused = why
        self._news.unpark_all()
