"""One simulation, from its seed to what came of it."""

import random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trio

from chorus.testing.memory import open_network
from chorus.testing.seeded import run_seeded
from contrib.simulation.judging import Broken, unequal, unfetched, unlinked
from contrib.simulation.plan import TROUBLE_S, Plan, draw
from contrib.simulation.world import GOOD, World

HEAL_S: Final = 60.0
"""For all to see all and have everything, on the virtual clock, after the last fault is repaired."""
LOOK_S: Final = 0.5


@dataclass(frozen=True)
class Outcome:
    """`broken` says which promise was, `healed` how many virtual seconds the repair took."""

    seed: int
    broken: str | None
    healed: float
    entries: int
    lines: tuple[str, ...]
    digest: str


def simulate(seed: int, *, lies: bool = False) -> Outcome:
    """Run the simulation of a seed. `lies`: the disks say that they have synced before they have."""
    with tempfile.TemporaryDirectory(prefix="chorus-sim-") as directory:
        return run_seeded(seed, _main, seed, Path(directory), lies)


async def _main(seed: int, directory: Path, lies: bool) -> Outcome:
    plan, rng = draw(seed), random.Random(f"world {seed}")
    broken, healed = None, 0.0
    async with open_network(rng, conditions=GOOD) as network, trio.open_nursery() as nursery:
        world = World(plan.nodes, network, nursery, rng, directory, lies=lies)
        try:
            healed = await _live(world, plan)
        except* (Broken, AssertionError) as errors:
            broken = str(errors.exceptions[0])
            world.trace.note(f"BROKEN: {broken}")
        nursery.cancel_scope.cancel()
    entries = sum(len(log) for log in world.truth.entries.values())
    return Outcome(seed, broken, healed, entries, tuple(world.trace.lines), world.trace.digest)


async def _live(world: World, plan: Plan) -> float:
    for number in world.nodes:
        await world.start(number)
    began = trio.current_time()
    async with trio.open_nursery() as nursery:

        async def speak() -> None:
            for words in plan.words:
                await trio.sleep_until(began + words.at)
                nursery.start_soon(world.nodes[words.node].append, words.text)

        async def suffer() -> None:
            for fault in plan.faults:
                await trio.sleep_until(began + fault.at)
                nursery.start_soon(world.suffer, fault)

        async def store() -> None:
            for store in plan.stores:
                await trio.sleep_until(began + store.at)
                world.nodes[store.node].store(store.data)

        async def fetch() -> None:
            for fetch in plan.fetches:
                await trio.sleep_until(began + fetch.at)
                world.nodes[fetch.node].want(plan.stores[fetch.number].name)

        nursery.start_soon(speak)
        nursery.start_soon(store)
        nursery.start_soon(fetch)
        nursery.start_soon(suffer)
    await trio.sleep_until(began + TROUBLE_S)
    await world.repair()
    return await _heal(world)


async def _heal(world: World) -> float:
    began = trio.current_time()
    while True:
        wrong = unlinked(world) or await unequal(world)
        took = trio.current_time() - began
        if wrong is None:
            await unfetched(world)
            world.trace.note(f"whole after {took:.1f} s")
            return took
        if took > HEAL_S:
            raise Broken(f"not whole after {HEAL_S:g} s: {wrong}")
        await trio.sleep(LOOK_S)
