"""What an idle mesh of so many nodes says: messages and bytes per node and second, on the virtual clock.

`python -m contrib.simulation.curve 10 100` prints a row of the table in docs/explanation/members.md for each.
"""

import gc
import random
import sys
import time
from typing import Final

import trio

from chorus.testing.memory import Conditions, MemoryMesh, MemoryNetwork, open_network
from chorus.testing.seeded import run_seeded
from chorus_members.members import MeshMembers
from contrib.simulation.joining import join, key
from contrib.simulation.node import START

SETTLE_S: Final = 60.0
"""Virtual, after all see all: the news of the joins have to run out."""
WATCH_S: Final = 60.0
FORM_S: Final = 600.0
EVERY_S: Final = 0.001
"""Between two nodes that join."""
GARBAGE: Final = 100_000, 50, 100
"""Gigabytes of what nodes know stay: looking through it again and again took an eighth of the time."""
KNOWN: Final = 3
"""Nodes that a new one has addresses of."""


def main() -> None:
    """A row for each size that was asked for."""
    gc.set_threshold(*GARBAGE)
    for size in map(int, sys.argv[1:] or ("10", "100")):
        began = time.monotonic()
        links, messages, sent = run_seeded(1, measure, size)
        took = time.monotonic() - began
        print(f"| {size:,} | {links:.1f} | {messages:.1f} | {sent / 1000:.2f} |  {took:.0f} s", flush=True)


async def measure(size: int) -> tuple[float, float, float]:
    """Links of a node, and messages and bytes that it sends in a second: means of all nodes."""
    rng = random.Random(1)
    ways = Conditions(0.001, 0.002)
    async with open_network(rng, conditions=ways) as network, trio.open_nursery() as nursery:
        nodes: list[tuple[MemoryMesh, MeshMembers]] = []
        for number in range(1, size + 1):
            known = tuple(mesh.addresses[0] for mesh, _ in rng.sample(nodes, min(len(nodes), KNOWN)))
            nodes.append(await nursery.start(_live, network, number, known, rng))
            await trio.sleep(EVERY_S)
        with trio.fail_after(FORM_S):
            while not all(len(members.all()) == size - 1 for _, members in nodes):  # noqa: ASYNC110 - virtual
                await trio.sleep(1)
        await trio.sleep(SETTLE_S)
        network.traffic.clear()
        await trio.sleep(WATCH_S)
        sent, share = network.traffic.sent(), size * WATCH_S
        links = sum(len(mesh.connections()) for mesh, _ in nodes) / size
        nursery.cancel_scope.cancel()
    return links, sent.messages / share, sent.bytes / share


async def _live(
    network: MemoryNetwork,
    number: int,
    known: tuple[str, ...],
    rng: random.Random,
    *,
    task_status: trio.TaskStatus[tuple[MemoryMesh, MeshMembers]],
) -> None:
    mesh = network.mesh(key(number).peer_id)
    async with join(number, mesh, known, rng, unix=lambda: START + trio.current_time()) as members:
        task_status.started((mesh, members))
        await trio.sleep_forever()


if __name__ == "__main__":
    main()
