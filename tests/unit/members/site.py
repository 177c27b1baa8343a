"""Members over a mesh in memory: nodes that a test starts, kills, freezes and cuts off."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chorus.testing.memory import MemoryMesh, MemoryNetwork, open_network
from chorus_hooks.members import Member
from chorus_hooks.task import Task
from chorus_identity.key_pair import KeyPair
from chorus_members.counts import Counts
from chorus_members.members import MeshMembers, open_members
from chorus_members.own import Description

CLUSTER = "00112233445566aa"
START = 1_800_000_000.0


def key(number: int) -> KeyPair:
    return KeyPair(Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "big")))


@dataclass
class Secret:
    """The cluster of a test."""

    introducers: tuple[str, ...] = ()
    tag: str = CLUSTER

    def key(self, purpose: str, length: int = 32) -> bytes:
        raise NotImplementedError

    def join_token(self, addresses: tuple[str, ...]) -> str:
        raise NotImplementedError


@dataclass
class Heard:
    """What plugins were told."""

    members: list[Member] = field(default_factory=list)

    def task_changed(self, task: Task) -> None:
        raise NotImplementedError

    def peer_changed(self, member: Member) -> None:
        self.members.append(member)


@dataclass
class Running:
    """One life of a node."""

    peer_id: str
    mesh: MemoryMesh
    members: MeshMembers
    heard: Heard
    counts: Counts
    scope: trio.CancelScope
    leave: trio.Event
    ended: trio.Event

    def states(self) -> dict[str, str]:
        return {member.peer_id: member.state for member in self.members.all()}

    def alive(self) -> set[str]:
        return {peer_id for peer_id, state in self.states().items() if state == "alive"}


class Site:
    """Nodes by number. The address of the first is where the others begin."""

    def __init__(self, network: MemoryNetwork, nursery: trio.Nursery, seed: int) -> None:
        self.network = network
        self.nodes: dict[int, Running] = {}
        self._nursery = nursery
        self._seed = seed
        self._lives = 0

    async def start(self, number: int, *, know: tuple[str, ...] = (), dialable: bool = True) -> Running:
        self._lives += 1
        identity = key(number)
        mesh = self.network.mesh(identity.peer_id, dialable=dialable)
        boot = f"{self._lives:032x}"
        description = Description(CLUSTER, identity.peer_id, boot, f"agent-{number}", "agent", "1.0")
        heard, counts, leave, ended = Heard(), Counts(), trio.Event(), trio.Event()
        rng = random.Random(self._seed * 1000 + self._lives)

        async def live(task_status: trio.TaskStatus[Running]) -> None:
            with trio.CancelScope() as scope:
                async with open_members(
                    mesh,
                    identity,
                    Secret(know),
                    heard,
                    None,
                    description,
                    counts=counts,
                    rng=rng,
                    unix=lambda: START + trio.current_time(),
                ) as members:
                    task_status.started(
                        Running(identity.peer_id, mesh, members, heard, counts, scope, leave, ended)
                    )
                    await leave.wait()
            if leave.is_set():  # one that was killed has crashed, and may run again by now
                self.network.crash(identity.peer_id)
            ended.set()

        node: Running = await self._nursery.start(live)
        self.nodes[number] = node
        return node

    async def mesh(self, size: int) -> None:
        """So many nodes that know each other."""
        for number in range(1, size + 1):
            first = self.nodes.get(1)
            await self.start(number, know=first.mesh.addresses if first else ())
        await self.until(self.whole)

    def whole(self) -> bool:
        """Whether every node sees exactly all others, alive, and is linked to them."""
        names = {node.peer_id for node in self.nodes.values()}
        return all(
            node.alive() == names - {node.peer_id} and self.links(node) >= names - {node.peer_id}
            for node in self.nodes.values()
        )

    def links(self, node: Running) -> set[str]:
        return {connection.peer_id for connection in node.mesh.connections()}

    def kill(self, number: int) -> Running:
        node = self.nodes.pop(number)
        self.network.crash(node.peer_id)
        node.scope.cancel()
        return node

    async def stop(self, number: int) -> Running:
        node = self.nodes.pop(number)
        node.leave.set()
        await node.ended.wait()
        return node

    async def until(self, holds: Callable[[], bool], within: float = 30.0) -> float:
        """Wait for it; returns how long that took, in seconds of the virtual clock."""
        began = trio.current_time()
        while not holds():
            if trio.current_time() - began > within:
                raise AssertionError(
                    f"not within {within} s: {[node.states() for node in self.nodes.values()]}"
                )
            await trio.sleep(0.01)
        return trio.current_time() - began


@asynccontextmanager
async def site(seed: int = 1) -> AsyncIterator[Site]:
    async with open_network(random.Random(seed)) as network, trio.open_nursery() as nursery:
        yield Site(network, nursery, seed)
        nursery.cancel_scope.cancel()
