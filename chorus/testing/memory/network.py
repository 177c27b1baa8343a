"""The network between nodes of one process, with its faults."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import trio

from chorus.testing.memory.conditions import Conditions
from chorus.testing.memory.connection import Connection
from chorus.testing.memory.host import Host
from chorus.testing.memory.mesh import MemoryMesh
from chorus.testing.memory.path import Path
from chorus.testing.memory.timeline import Timeline
from chorus.testing.memory.traffic import Traffic

FANOUT: Final = 12
"""Peers that a node passes a topic message on to: drawn anew for each when more are linked."""
PORT: Final = 9000
_EPHEMERAL: Final = 32_768

GOOD: Final = Conditions()


class MemoryNetwork:
    """Peers by name, and the ways between them. `open_network` makes one.

    All faults come from `rng` and the clock of trio: with a seeded scheduler a run can be had again.
    """

    def __init__(self, nursery: trio.Nursery, rng: random.Random, conditions: Conditions) -> None:
        self.traffic = Traffic()
        self._nursery = nursery
        self._random = rng
        self._conditions = conditions
        self._timeline = Timeline()
        self._hosts: dict[str, Host] = {}
        self._listeners: dict[str, Host] = {}
        self._addresses = 0
        self._sources = 0
        self._numbers = 0

    async def run(self) -> None:
        """Carry what is on its way, until cancelled."""
        await self._timeline.run()

    def mesh(self, peer_id: str, *, secret: bytes = b"the cluster", dialable: bool = True) -> MemoryMesh:
        """Start a node, or start it again after a crash: nothing of its earlier life is left.

        `dialable`: whether others reach it; one behind NAT can only dial. Raises RuntimeError when it runs.
        """
        host = self._host(peer_id)
        if host.mesh is not None:
            raise RuntimeError(f"{peer_id} runs already")
        host.dialable = dialable
        host.mesh = MemoryMesh(self, host, secret)
        return host.mesh

    def shape(self, conditions: Conditions) -> None:
        """From now on every way is such."""
        self._conditions = conditions
        for host in self._hosts.values():
            for path in host.outgoing.values():
                path.conditions = conditions

    def shape_between(self, sources: Iterable[str], targets: Iterable[str], conditions: Conditions) -> None:
        """From now on the ways from `sources` to `targets` are such; those back are as they were."""
        for path in self._paths(sources, targets):
            path.conditions = conditions

    def block(self, sources: Iterable[str], targets: Iterable[str]) -> None:
        """What `sources` send to `targets` vanishes, not what comes back. Connections stay, and wait."""
        for path in self._paths(sources, targets):
            path.block()

    def partition(self, *groups: Iterable[str]) -> None:
        """Nothing passes between the groups, either way."""
        named = [tuple(group) for group in groups]
        for group in named:
            for other in named:
                if other is not group:
                    self.block(group, other)

    def heal(self) -> None:
        """Nothing is blocked any more; what connections kept comes now."""
        for host in self._hosts.values():
            for path in host.outgoing.values():
                path.unblock()

    def cut(self, one: str, other: str) -> None:
        """Every connection between two peers breaks, at both ends, now. They may dial again."""
        for peer_id, far in ((one, other), (other, one)):
            mesh = self._host(peer_id).mesh
            for connection in mesh.connections_to(far) if mesh is not None else ():
                connection.drop(f"the connection to {far} broke")

    def crash(self, peer_id: str) -> None:
        """Its node dies, as by SIGKILL: handlers are cancelled, and peers see its connections end.

        What else belongs to the node is the caller's to cancel.
        """
        host = self._host(peer_id)
        if host.mesh is not None:
            mesh, host.mesh = host.mesh, None
            mesh.stop()

    def freeze(self, peer_id: str) -> None:
        """Nothing moves to it or from it, and nothing breaks, as after SIGSTOP. Its own timers go on."""
        self._host(peer_id).frozen = True

    def thaw(self, peer_id: str) -> None:
        """It goes on where it was; what waited comes now."""
        host = self._host(peer_id)
        host.frozen = False
        for path in (*host.outgoing.values(), *host.incoming.values()):
            path.resume()

    def move(self, peer_id: str) -> str:
        """It gets another address, and its connections break, as after DHCP. Returns the new one."""
        host = self._host(peer_id)
        for other in tuple(self._hosts):
            self.cut(peer_id, other)
        del self._listeners[host.socket]
        host.ip = self._address()
        self._listeners[host.socket] = host
        return host.address

    def listener(self, socket: str) -> Host | None:
        """Whose address this is, whether its node runs or not."""
        return self._listeners.get(socket)

    def path(self, source: str, target: str) -> Path:
        """The way from one to another."""
        one, other = self._host(source), self._host(target)
        path = one.outgoing.get(target)
        if path is None:
            path = Path(self._timeline, self._random, one, other, self._conditions)
            one.outgoing[target] = other.incoming[source] = path
        return path

    def source(self, peer_id: str) -> str:
        """Where a connection that a peer opens seems to come from."""
        self._sources = (self._sources + 1) % (65_536 - _EPHEMERAL)
        return f"/ip4/{self._host(peer_id).ip}/tcp/{_EPHEMERAL + self._sources}"

    def number(self) -> int:
        """A number for a topic message, which no other one has."""
        self._numbers += 1
        return self._numbers

    def some(self, connections: Sequence[Connection]) -> Sequence[Connection]:
        """Those to pass a topic message on to."""
        return connections if len(connections) <= FANOUT else self._random.sample(connections, FANOUT)

    def start(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run a task of a node."""
        self._nursery.start_soon(task)

    def _host(self, peer_id: str) -> Host:
        host = self._hosts.get(peer_id)
        if host is None:
            host = self._hosts[peer_id] = Host(peer_id, self._address(), PORT)
            self._listeners[host.socket] = host
        return host

    def _address(self) -> str:
        self._addresses += 1
        number = self._addresses
        return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    def _paths(self, sources: Iterable[str], targets: Iterable[str]) -> list[Path]:
        ways = [(source, target) for source in sources for target in targets if source != target]
        return [self.path(source, target) for source, target in ways]


@asynccontextmanager
async def open_network(
    rng: random.Random | None = None, *, conditions: Conditions = GOOD
) -> AsyncIterator[MemoryNetwork]:
    """A network for one test or simulation. `conditions` are those of every way, until told otherwise."""
    async with trio.open_nursery() as nursery:
        network = MemoryNetwork(nursery, rng or random.Random(0), conditions)  # noqa: S311 - it is to be had again
        nursery.start_soon(network.run)
        yield network
        nursery.cancel_scope.cancel()
