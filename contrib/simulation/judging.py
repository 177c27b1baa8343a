"""Whether a mesh is whole, and whether anything that was promised is broken."""

from collections import defaultdict

from contrib.simulation.node import Node
from contrib.simulation.truth import copies, own_log
from contrib.simulation.world import World


class Broken(Exception):
    """A promise."""


def unlinked(world: World) -> str | None:
    """Who does not see whom alive; None when all see all."""
    for node in world.nodes.values():
        if node.life is None:
            return f"{node.name} does not run"
        alive = {member.peer_id for member in node.life.members.all() if member.state == "alive"}
        for other in world.nodes.values():
            if other is not node and other.peer_id not in alive:
                return f"{node.name} does not see {other.name} alive"
    return None


async def unequal(world: World) -> str | None:
    """Which journal is not the same everywhere, or None; raises Broken for what must never be."""
    logs: dict[str, dict[str, dict[int, str]]] = defaultdict(dict)
    for node in world.nodes.values():
        if node.life is None:
            return f"{node.name} does not run"
        await _collect(world, node, logs)
    for origin, held in logs.items():
        sizes = {holder: len(log) for holder, log in held.items()}
        if not any(sizes.values()):
            continue  # nobody has to know of a journal without entries
        missing = [node.name for node in world.nodes.values() if node.name not in held]
        if missing or len(set(sizes.values())) != 1:
            return f"{origin}: {sizes}, missing at {missing}"
        if any(log != next(iter(held.values())) for log in held.values()):
            raise Broken(f"copies of {origin} differ")
    return None


async def unfetched(world: World) -> None:
    """Bring every blob that any disk still has to every node. Raises Broken when one does not come."""
    for name, holders in world.truth.holders.items():
        for node in world.nodes.values():
            if holders and not await node.fetch(name):
                raise Broken(f"{node.name} does not get blob {name[:12]}, which {sorted(holders)} have")
    for wrong in world.truth.wrong:
        raise Broken(wrong)


async def _collect(world: World, node: Node, logs: dict[str, dict[str, dict[int, str]]]) -> None:
    life = node.life
    assert life is not None
    own = await life.journal.read(own_log)
    _check(world.truth.own(life.origin, own))
    logs[life.origin][node.name] = own
    for origin, log in (await life.journal.read(copies)).items():
        _check(world.truth.copy(origin, log, node.name))
        logs[origin].setdefault(node.name, log)
    for replica in life.replicas.all():
        if replica.forked:
            raise Broken(f"{node.name} says that {replica.origin} signed two histories")


def _check(wrong: str | None) -> None:
    if wrong is not None:
        raise Broken(wrong)
