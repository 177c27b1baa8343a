"""How soon three hosts are whole after a fault: each linked to each, with equal journals."""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from subprocess import CalledProcessError

from contrib.bench.rig.hosts.network import Network, switched
from contrib.bench.rig.journals import Ledger, unequal
from contrib.bench.rig.mesh import linked
from contrib.bench.rig.node import until
from contrib.bench.rig.row import at_most

HEAL_S = 10.0
CUT_S = 15.0
"""Long enough for links to be given up."""
ROUNDS = 3
LIMIT_S = 60.0


def main() -> None:
    skipped: list[str] = []
    took: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as scratch:
        try:
            with switched(Path(scratch), 3) as network:
                took = measured(network)
        except (OSError, CalledProcessError) as error:
            skipped.append(f"there are no network namespaces here: {error}")
    rows = []
    for name, spans in took.items():
        rows.append(at_most(f"whole again after {name}", statistics.median(spans), "s"))
        rows.append(at_most(f"whole again after {name}, the slowest", max(spans), "s", HEAL_S))
    notes = [
        "three nodes in network namespaces, each takes a task meanwhile; from when the fault is over (the"
        " last node is ready, every wire carries) until each is linked to each, and all journals are equal",
        f"cuts are silence, both ways, for {CUT_S:g} s",
    ]
    json.dump({"title": "Mesh: healing", "rows": rows, "notes": notes, "skipped": skipped}, sys.stdout)


def measured(network: Network) -> dict[str, list[float]]:
    """Seconds by fault."""
    network.start()
    ledger = Ledger()
    pairs = list(combinations(network.hosts, 2))
    faults: dict[str, Callable[[int], None]] = {
        "a pair was cut": lambda number: cut(network, ledger, lambda: network.cut(*pairs[number])),
        "all were cut off": lambda number: cut(network, ledger, network.scatter),
        "one was killed": lambda number: killed(network, ledger, [number]),
        "all were killed": lambda number: killed(network, ledger, [0, 1, 2]),
    }
    whole(network, ledger)
    took: dict[str, list[float]] = {}
    for name, fault in faults.items():
        for number in range(ROUNDS):
            fault(number)
            took.setdefault(name, []).append(whole(network, ledger))
    return took


def cut(network: Network, ledger: Ledger, begin: Callable[[], None]) -> None:
    """Silence for a while."""
    begin()
    ledger.submit(network.hosts)
    time.sleep(CUT_S)
    network.heal()


def killed(network: Network, ledger: Ledger, numbers: list[int]) -> None:
    """Some die, and start again at once."""
    ledger.submit(network.hosts)
    for number in numbers:
        network.hosts[number].kill()
    network.start(*(network.hosts[number] for number in numbers))


def whole(network: Network, ledger: Ledger) -> float:
    """Seconds until it is. Raises RuntimeError when anything is lost."""
    began = time.monotonic()
    until(lambda: linked(network.hosts) and unequal(network.hosts) is None, LIMIT_S)
    took = time.monotonic() - began
    if lost := ledger.missing(network.hosts):
        raise RuntimeError("\n".join(lost))
    return took


if __name__ == "__main__":
    main()
