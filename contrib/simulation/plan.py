"""What happens in one simulation, drawn from its seed before it begins. Pure."""

import random
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["crash", "lose", "partition", "oneway", "cut", "freeze", "weather", "clock", "move"]

TROUBLE_S: Final = 40.0
"""How long faults come; then everything is repaired."""
_WEIGHTS: Final[dict[Kind, int]] = {
    "crash": 5,
    "lose": 1,
    "partition": 3,
    "oneway": 2,
    "cut": 3,
    "freeze": 3,
    "weather": 2,
    "clock": 2,
    "move": 1,
}


@dataclass(frozen=True)
class Fault:
    """At a time, to some nodes, for some seconds. `amount` is what the kind makes of it, from 0 to 1."""

    at: float
    kind: Kind
    nodes: tuple[int, ...]
    lasts: float
    amount: float


@dataclass(frozen=True)
class Words:
    """A node appends an entry."""

    at: float
    node: int
    text: str


@dataclass(frozen=True)
class Plan:
    """Nodes are numbers from 1 on; both lists are in order of time."""

    nodes: int
    faults: tuple[Fault, ...]
    words: tuple[Words, ...]


def draw(seed: int) -> Plan:
    """The plan of a seed."""
    rng = random.Random(f"plan {seed}")
    nodes = rng.randint(3, 5)
    return Plan(nodes, tuple(_faults(rng, nodes)), tuple(_words(rng, nodes)))


def _faults(rng: random.Random, nodes: int) -> list[Fault]:
    found, at = [], 5.0
    while (at := at + rng.expovariate(0.25)) < TROUBLE_S:
        [kind] = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))
        some = rng.randint(1, nodes - 1) if kind in ("partition", "oneway") else 2 if kind == "cut" else 1
        hit = tuple(sorted(rng.sample(range(1, nodes + 1), some)))
        found.append(Fault(round(at, 3), kind, hit, round(rng.uniform(0.5, 10), 3), rng.random()))
    return found


def _words(rng: random.Random, nodes: int) -> list[Words]:
    found, at = [], 0.0
    while (at := at + rng.expovariate(1.5)) < TROUBLE_S:
        text = "x" * min(int(rng.expovariate(0.01)), 5000)
        found.append(Words(round(at, 3), rng.randint(1, nodes), text))
    return found
