"""What happens in one simulation, drawn from its seed before it begins. Pure."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["crash", "lose", "partition", "oneway", "cut", "freeze", "weather", "clock", "move"]

TROUBLE_S: Final = 40.0
"""How long faults come; then everything is repaired."""
LARGEST: Final = 6_000_000
"""Bytes of a blob: more than one range."""
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
class Store:
    """A node stores a blob of so many bytes."""

    at: float
    node: int
    size: int

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return random.Random(f"blob {self.at} {self.node}").randbytes(self.size)

    @property
    def name(self) -> str:
        """Their SHA-256."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Fetch:
    """A node wants the blob that is stored as that number, from 0 on: from whoever has it by then."""

    at: float
    node: int
    number: int


@dataclass(frozen=True)
class Plan:
    """Nodes are numbers from 1 on; each list is in order of time."""

    nodes: int
    faults: tuple[Fault, ...]
    words: tuple[Words, ...]
    stores: tuple[Store, ...]
    fetches: tuple[Fetch, ...]


def draw(seed: int) -> Plan:
    """The plan of a seed."""
    rng = random.Random(f"plan {seed}")
    nodes = rng.randint(3, 5)
    faults, words = _faults(rng, nodes), _words(rng, nodes)
    stores = _stores(rng, nodes)
    return Plan(nodes, tuple(faults), tuple(words), tuple(stores), tuple(_fetches(rng, nodes, stores)))


def _times(rng: random.Random, mean: float, start: float = 0.0) -> Iterator[float]:
    """Moments, `mean` seconds apart."""
    at = start
    while (at := round(at + rng.expovariate(1 / mean), 3)) < TROUBLE_S:
        yield at


def _faults(rng: random.Random, nodes: int) -> list[Fault]:
    found = []
    for at in _times(rng, 4.0, start=5.0):
        [kind] = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))
        some = rng.randint(1, nodes - 1) if kind in ("partition", "oneway") else 2 if kind == "cut" else 1
        hit = tuple(sorted(rng.sample(range(1, nodes + 1), some)))
        found.append(Fault(at, kind, hit, round(rng.uniform(0.5, 10), 3), rng.random()))
    return found


def _words(rng: random.Random, nodes: int) -> list[Words]:
    found = []
    for at in _times(rng, 0.67):
        text = "x" * min(int(rng.expovariate(0.01)), 5000)
        found.append(Words(at, rng.randint(1, nodes), text))
    return found


def _stores(rng: random.Random, nodes: int) -> list[Store]:
    found = []
    for at in _times(rng, 10.0):
        size = min(1 + int(rng.expovariate(1 / 200_000)), LARGEST)
        found.append(Store(at, rng.randint(1, nodes), size))
    return found


def _fetches(rng: random.Random, nodes: int, stores: list[Store]) -> list[Fetch]:
    found = []
    for number, store in enumerate(stores):
        for _ in range(2):
            at = round(store.at + rng.expovariate(0.3), 3)
            if at < TROUBLE_S:
                found.append(Fetch(at, rng.randint(1, nodes), number))
    return sorted(found, key=lambda fetch: fetch.at)
