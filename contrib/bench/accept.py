"""How soon a submitted task is durable: POST /tasks, beside a POST that keeps nothing, and beside one fsync.

The node's only slot is taken by a task that sleeps, so what is measured is acceptance, and nothing is run.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from contrib.bench.rig import bare, null_sandbox
from contrib.bench.rig.load import COUNTER, Plan, Report, load
from contrib.bench.rig.node import Node, running, until
from contrib.bench.rig.row import at_least, at_most, percentile, ratio

ROUNDS = 5
ALONE = 200
TOGETHER = 400
CLIENTS = 16
BODY = json.dumps({"commands": ["true"], "title": "a benchmark", "requires": ["sandbox:null"]})


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as scratch:
        site = null_sandbox.install(Path(scratch) / "site")
        settings = {"CHORUS_NULL_SANDBOX": "yes", "CHORUS_MAX_TASKS": "1"}
        with running(Path(scratch) / "state", settings, site) as node:
            take_the_slot(node)
            rows = measure(node)
        rows += synced(Path(scratch))
    notes = [
        "durable: synchronous=FULL, and a signed checkpoint in every commit, before the 202 is sent",
        "bare: Starlette checks a document with pydantic, answers 202 and keeps nothing",
        f"{ROUNDS} rounds in turn, each of {ALONE} requests by one client and {TOGETHER} by {CLIENTS}",
    ]
    json.dump({"title": "Accepting tasks", "rows": rows, "notes": notes, "skipped": []}, sys.stdout)


def take_the_slot(node: Node) -> None:
    with node.client() as client:
        task = client.submit("sleep 3600", requires=["sandbox:null"], limits={"timeout_s": 7200}).json["id"]
        until(lambda: client.task(task)["state"] == "running", 20, node.told)


def measure(node: Node) -> list[dict[str, Any]]:
    alone: list[Report] = []
    together: list[Report] = []
    bare_alone: list[Report] = []
    bare_together: list[Report] = []
    with bare.serving() as (port, _), node.client() as client:
        token = client.headers()
        for turn in range(ROUNDS):
            for reports, clients, count in ((alone, 1, ALONE), (together, CLIENTS, TOGETHER)):
                headers = {**token, "Idempotency-Key": f"{turn}-{clients}-{COUNTER}"}
                reports.append(post(client.host, client.port, "/api/v1/tasks", clients, count, headers))
            for reports, clients, count in ((bare_alone, 1, ALONE), (bare_together, CLIENTS, 4 * TOGETHER)):
                reports.append(post("127.0.0.1", port, "/tasks", clients, count, {}))
    rate = [report.rate for report in together]
    bare_rate = [report.rate for report in bare_together]
    return [
        at_most("durable accept, one client, p50", _median(r.p50_ms for r in alone), "ms", 5.0),
        at_most("durable accept, one client, p99", _median(r.p99_ms for r in alone), "ms"),
        at_most("bare POST, one client, p50", _median(r.p50_ms for r in bare_alone), "ms"),
        at_least(f"durable accepts, {CLIENTS} clients", statistics.median(rate), "/s"),
        at_most(f"durable accept, {CLIENTS} clients, p99", _median(r.p99_ms for r in together), "ms"),
        at_least(f"bare POST, {CLIENTS} clients", statistics.median(bare_rate), "/s"),
        at_least(f"{CLIENTS} clients, beside bare", ratio(rate, bare_rate), "x"),
    ]


def post(host: str, port: int, path: str, clients: int, count: int, headers: dict[str, str]) -> Report:
    plan = Plan(host, port, path, clients, requests=count, method="POST", headers=headers, body=BODY)
    report = load(plan)
    if set(report.statuses) != {"202"}:
        raise RuntimeError(f"{path}: {report.statuses}")
    return report


def synced(directory: Path) -> list[dict[str, Any]]:
    """What the disk takes for one append of 4 KiB that is durable."""
    times = []
    with (directory / "appended").open("wb", buffering=0) as file:
        for _ in range(ROUNDS * ALONE):
            began = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            times.append(1000 * (time.perf_counter() - began))
    return [
        at_most("append 4 KiB and fsync, p50", percentile(times, 0.5), "ms"),
        at_most("append 4 KiB and fsync, p99", percentile(times, 0.99), "ms"),
    ]


def _median(values: Any) -> float:
    return float(statistics.median(values))


if __name__ == "__main__":
    main()
