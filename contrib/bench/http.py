"""GET requests to a node, beside the same on bare Starlette and uvicorn: rate and processor time.

The bare side has the same event loop and HTTP parser, and nothing of what an API needs: no token, no Host
check, no problem documents. The two sides take turns; the load generator is a third process.
"""

import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contrib.bench.rig import bare, null_sandbox
from contrib.bench.rig.load import Plan, Report, load
from contrib.bench.rig.node import Node, cpu_s, running, until
from contrib.bench.rig.row import at_least, at_most, ratio

ROUNDS = 7
SECONDS = 2.0
CONNECTIONS = 32


@dataclass
class Pair:
    """One question, asked to both."""

    what: str
    path: str
    bare: str
    target: float | None
    health: bool = False
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    ours_us: list[float] = field(default_factory=list)
    theirs_us: list[float] = field(default_factory=list)

    def rows(self) -> list[dict[str, Any]]:
        return [
            at_least(f"{self.what}, beside bare", ratio(self.ours, self.theirs), "x", self.target),
            at_least(f"{self.what}", statistics.median(self.ours), "/s"),
            at_least(f"{self.what}, bare", statistics.median(self.theirs), "/s"),
            at_most(f"{self.what}, processor time", statistics.median(self.ours_us), "µs"),
            at_most(f"{self.what}, processor time, bare", statistics.median(self.theirs_us), "µs"),
        ]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as scratch:
        site = null_sandbox.install(Path(scratch) / "site")
        settings = {"CHORUS_NULL_SANDBOX": "yes"}
        with running(Path(scratch) / "state", settings, site) as node:
            pairs = measure(node, ended_task(node))
    notes = [
        f"{CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS:g} s in turn, the median of their ratios",
        "bare: Starlette on uvicorn, same loop and parser, without token, Host check and problem documents",
        "GET /tasks/{id}: ours also takes any prefix that is unique, joins the attempt, and hashes an ETag",
        "one hop: the handler runs in trio, on the other side of the bridge",
        "the node runs a mesh, too, and the bare side nothing else",
    ]
    rows = [row for pair in pairs for row in pair.rows()]
    json.dump({"title": "HTTP", "rows": rows, "notes": notes, "skipped": []}, sys.stdout)


def ended_task(node: Node) -> str:
    """A task like any other, which has ended."""
    with node.client() as client:
        task = client.submit("true", requires=["sandbox:null"], title="a benchmark").json["id"]
        until(lambda: client.task(task)["state"] == "succeeded", 20, node.told)
    return str(task)


def measure(node: Node, task: str) -> list[Pair]:
    pairs = [
        Pair("GET without a hop", "/health/live", "/plain", 0.8, health=True),
        Pair("GET /tasks/{id}, no hop", f"/api/v1/tasks/{task}", f"/task/{task}", 0.8),
        Pair("GET with one hop", "/api/v1/null", "/plain", 0.55),
    ]
    with bare.serving(node.state_dir / "journal.db") as (port, pid):
        for _ in range(ROUNDS):
            for pair in pairs:
                base = node.health() if pair.health else node.client()
                ours = Plan(base.host, base.port, pair.path, CONNECTIONS, SECONDS, headers=base.headers())
                theirs = Plan("127.0.0.1", port, pair.bare, CONNECTIONS, SECONDS)
                base.close()
                once(ours, node.cpu_s, pair.ours, pair.ours_us)
                once(theirs, lambda: cpu_s(pid), pair.theirs, pair.theirs_us)
    return pairs


def once(plan: Plan, cpu: Callable[[], float], rates: list[float], costs: list[float]) -> Report:
    before = cpu()
    report = load(plan)
    if set(report.statuses) != {"200"}:
        raise RuntimeError(f"{plan.path}: {report.statuses}")
    rates.append(report.rate)
    costs.append((cpu() - before) / report.requests * 1e6)
    return report


if __name__ == "__main__":
    main()
