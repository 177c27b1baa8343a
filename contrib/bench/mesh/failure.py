"""How soon a killed peer is known to all others, beside serf; and whether the living are ever called dead."""

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contrib.bench.rig.mesh import Mesh, mesh, peers
from contrib.bench.rig.node import Node, until
from contrib.bench.rig.row import at_most
from contrib.bench.rig.serf import cluster, fetch

NODES = 8
ROUNDS = 7
SERF_ROUNDS = 3
CALM_S = 600.0
PAUSE_S = 3.0
KNOWN_S = 60.0


def main() -> None:
    skipped: list[str] = []
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as scratch:
        with mesh(Path(scratch), NODES) as nodes:
            for node in nodes.nodes:
                node.start()
            nodes.wait()
            known = [killed(nodes, number % NODES) for number in range(ROUNDS)]
            wrong = false_deaths(nodes)
        theirs = serf(Path(scratch), skipped)
    rows = [
        at_most(f"a killed peer known to all of {NODES}", statistics.median(known), "s", 1.0),
        at_most("the slowest of them", max(known), "s"),
        *([at_most("the same in serf", statistics.median(theirs), "s")] if theirs else []),
        at_most("living peers called dead, in ten minutes", wrong, "", 0),
    ]
    notes = [
        f"medians of {ROUNDS} and of {SERF_ROUNDS}; known: called dead by each, serf: failed; its timers are"
        " its defaults for a LAN",
        "ten minutes: each ten seconds a node is stopped for 3 s (SIGSTOP), and in every other minute two"
        " processes per core do nothing but count",
    ]
    json.dump({"title": "Mesh: failures", "rows": rows, "notes": notes, "skipped": skipped}, sys.stdout)


def killed(nodes: Mesh, number: int) -> float:
    """Seconds until all others call it dead; it is back afterwards."""
    node = nodes.nodes[number]
    peer_id = node.where["peer_id"]
    others = [other for other in nodes.nodes if other is not node]
    node.kill()
    began = time.monotonic()
    until(lambda: all(state(other, peer_id) == "dead" for other in others), KNOWN_S)
    took = time.monotonic() - began
    node.start()
    nodes.wait()
    return took


def state(node: Node, peer_id: str) -> str | None:
    """What a node says of a peer."""
    return next((peer["state"] for peer in peers(node) if peer["peer_id"] == peer_id), None)


def false_deaths(nodes: Mesh) -> int:
    """How often somebody was called dead while all of them lived."""
    before, began, dice = deaths(nodes), time.monotonic(), random.Random(1)
    while (elapsed := time.monotonic() - began) < CALM_S:
        with starving(int(elapsed // 60) % 2 == 1):
            victim = dice.choice(nodes.nodes)
            os.kill(victim.pid, signal.SIGSTOP)
            time.sleep(PAUSE_S)
            os.kill(victim.pid, signal.SIGCONT)
            time.sleep(10 - PAUSE_S)
    nodes.wait()
    return deaths(nodes) - before


def deaths(nodes: Mesh) -> int:
    """How often a peer was called dead, as the nodes count it."""
    return sum(counted(node, "chorus_members_died_total") for node in nodes.nodes)


def counted(node: Node, name: str) -> int:
    """A counter of /metrics."""
    with node.health() as health:
        lines = health.get("/metrics").raw.decode().splitlines()
    return sum(int(float(line.split()[-1])) for line in lines if line.startswith(name))


@contextmanager
def starving(wanted: bool) -> Iterator[None]:
    """Processes that take whatever processor time there is."""
    count = 2 * (os.cpu_count() or 1) if wanted else 0
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def serf(scratch: Path, skipped: list[str]) -> list[float]:
    """The same with serf; empty when it cannot be had."""
    program = fetch(scratch / "serf")
    if program is None:
        skipped.append("serf: Debian's package could not be downloaded")
        return []
    took = []
    for number in range(SERF_ROUNDS):
        place = scratch / f"serf-{number}"
        place.mkdir()
        with cluster(program, place, NODES) as agents:
            took.append(agents.kill(number + 1))
    return took


if __name__ == "__main__":
    main()
