"""How soon nodes that start are one mesh: from when all of them are up until each sees all others."""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from contrib.bench.rig.mesh import mesh
from contrib.bench.rig.node import START_S, until
from contrib.bench.rig.row import at_most

ROUNDS = 5
NODES = 3


def main() -> None:
    known, found = [], []
    for _ in range(ROUNDS):
        known.append(formed(known=True))
        found.append(formed(known=False))
    rows = [
        at_most(f"{NODES} nodes, addresses known", statistics.median(known), "s", 3.0),
        at_most(f"{NODES} nodes, addresses known, the slowest", max(known), "s"),
        at_most(f"{NODES} nodes, by mDNS alone", statistics.median(found), "s", 15.0),
        at_most(f"{NODES} nodes, by mDNS alone, the slowest", max(found), "s"),
    ]
    notes = [f"medians of {ROUNDS}; from when the last node is ready until each sees all others alive"]
    json.dump({"title": "Mesh: forming", "rows": rows, "notes": notes, "skipped": []}, sys.stdout)


def formed(*, known: bool) -> float:
    """Seconds."""
    with (
        tempfile.TemporaryDirectory(prefix="chorus-bench-") as scratch,
        mesh(Path(scratch), NODES, known=known) as nodes,
    ):
        for node in nodes.nodes:
            node.begin()
        for node in nodes.nodes:
            until(node.announced, START_S, node.told)
        began = time.monotonic()
        nodes.wait()
        return time.monotonic() - began


if __name__ == "__main__":
    main()
