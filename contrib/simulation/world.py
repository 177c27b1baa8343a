"""All nodes of a simulation, and what is done to them."""

import random
from functools import partial
from pathlib import Path

import trio

from chorus.testing.memory import Conditions, MemoryNetwork
from contrib.simulation.node import Node
from contrib.simulation.plan import Fault
from contrib.simulation.trace import Trace
from contrib.simulation.truth import Truth

GOOD = Conditions(delay=0.001, jitter=0.004)


class World:
    """Nodes by number. Each knows where the others were last, as `remembered` peers are."""

    def __init__(
        self,
        count: int,
        network: MemoryNetwork,
        nursery: trio.Nursery,
        rng: random.Random,
        directory: Path,
        *,
        lies: bool,
    ) -> None:
        self.trace, self.truth = Trace(), Truth()
        self.network = network
        self._nursery = nursery
        self._addresses: dict[int, str] = {}
        self.nodes = {
            number: Node(
                number,
                directory,
                network,
                random.Random(rng.random()),
                self.trace,
                self.truth,
                partial(self._others, number),
                lies,
            )
            for number in range(1, count + 1)
        }

    async def start(self, number: int) -> None:
        """A node begins a life, unless it has one."""
        node = self.nodes[number]
        if node.life is None:
            await self._nursery.start(node.live)
            assert node.life is not None
            self._addresses[number] = node.life.mesh.addresses[0]

    async def suffer(self, fault: Fault) -> None:
        """A fault begins, lasts and ends."""
        self.trace.note(f"{fault.kind} {','.join(map(str, fault.nodes))} for {fault.lasts} s")
        hit = [self.nodes[number] for number in fault.nodes]
        inside = [node.peer_id for node in hit]
        outside = [node.peer_id for node in self.nodes.values() if node not in hit]
        match fault.kind:
            case "crash" | "lose":
                if hit[0].life is not None:
                    await hit[0].crash(lose_disk=fault.kind == "lose")
                    await trio.sleep(fault.lasts)
                    await self.start(hit[0].number)
            case "partition":
                self.network.partition(inside, outside)
                await trio.sleep(fault.lasts)
                self.network.heal()
            case "oneway":
                self.network.block(inside, outside)
                await trio.sleep(fault.lasts)
                self.network.heal()
            case "cut":
                self.network.cut(inside[0], inside[1])
            case "freeze":
                self.network.freeze(inside[0])
                await trio.sleep(fault.lasts)
                self.network.thaw(inside[0])
            case "weather":
                part = fault.amount
                self.network.shape(Conditions(0.2 * part, 0.1 * part, loss=0.3 * part, duplicate=0.2 * part))
                await trio.sleep(fault.lasts)
                self.network.shape(GOOD)
            case "clock":
                hit[0].clock += 8000 * (fault.amount - 0.5)
            case "move":
                self.network.move(inside[0])

    async def repair(self) -> None:
        """Everything works again, and every node lives."""
        self.trace.note("all is repaired")
        self.network.heal()
        self.network.shape(GOOD)
        for number, node in self.nodes.items():
            self.network.thaw(node.peer_id)
            await self.start(number)

    def _others(self, number: int) -> tuple[str, ...]:
        return tuple(address for other, address in sorted(self._addresses.items()) if other != number)
