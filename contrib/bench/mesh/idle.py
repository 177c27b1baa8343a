"""What each node of a mesh costs: first with nothing to do, then with steady traffic."""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from contrib.bench.rig.mesh import Mesh, mesh
from contrib.bench.rig.row import at_most

NODES = 10
SETTLE_S = 20.0
IDLE_S = 60.0
STEADY_S = 600.0
EACH_S = 1.0
MIB = 1 << 20


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as scratch, mesh(Path(scratch), NODES) as nodes:
        for node in nodes.nodes:
            node.start()
        nodes.wait()
        time.sleep(SETTLE_S)
        idle = idle_percent(nodes)
        memory = most_memory(nodes)
        appended, before, after = steady(nodes)
        nodes.wait()
    rows = [
        at_most(f"idle mesh of {NODES}: processor of a node", statistics.median(idle), "%", 3.0),
        at_most("the busiest of them", max(idle), "%"),
        at_most("memory of the largest node", memory, "MiB", 130),
        at_most("the same after ten minutes of steady traffic", after, "MiB", 130),
        at_most("growth in the last eight minutes of them", 100 * (after / before - 1), "%", 3.0),
    ]
    notes = [
        f"idle: over {IDLE_S:g} s, {SETTLE_S:g} s after the mesh was whole; the share is of one core;"
        " memory is resident",
        f"steady traffic: a task is submitted somewhere each {EACH_S:g} s ({appended} in all), and each of"
        " its journal entries goes to all others; growth is from the end of the second minute on",
    ]
    json.dump({"title": "Mesh: idling", "rows": rows, "notes": notes, "skipped": []}, sys.stdout)


def idle_percent(nodes: Mesh) -> list[float]:
    """The share of a core that each of them takes."""
    before, began = [node.cpu_s() for node in nodes.nodes], time.monotonic()
    time.sleep(IDLE_S)
    took = time.monotonic() - began
    return [100 * (node.cpu_s() - used) / took for node, used in zip(nodes.nodes, before, strict=True)]


def most_memory(nodes: Mesh) -> float:
    """Of the largest node, in MiB."""
    return max(node.rss() for node in nodes.nodes) / MIB


def steady(nodes: Mesh) -> tuple[int, float, float]:
    """How many tasks there were, and the largest node's memory early and late."""
    began, count, early = time.monotonic(), 0, 0.0
    clients = [node.client() for node in nodes.nodes]
    while (elapsed := time.monotonic() - began) < STEADY_S:
        answer = clients[count % NODES].submit("true")
        if answer.status >= 300:
            raise RuntimeError(f"a task was refused: {answer.raw!r}")
        count += 1
        if not early and elapsed > STEADY_S / 5:
            early = most_memory(nodes)
        time.sleep(max(0.0, began + count * EACH_S - time.monotonic()))
    for client in clients:
        client.close()
    return count, early, most_memory(nodes)


if __name__ == "__main__":
    main()
