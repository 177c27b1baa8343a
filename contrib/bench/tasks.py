"""What CHORUS itself costs each task: a thousand that do nothing, in a sandbox that runs nothing.

They wait in the queue until the tasks that hold every slot are cancelled. Overhead of one task: from the
commit of its assignment to the commit of its end, as the control log stamped them. Whole: from the
cancellation to the last end, for each task.
"""

import json
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from contrib.bench.rig import null_sandbox
from contrib.bench.rig.load import COUNTER, Plan, load
from contrib.bench.rig.node import Node, running, until
from contrib.bench.rig.row import at_least, at_most, percentile

TASKS = 1000
CLIENTS = 8
TARGETS_MS = {2: 10.0, 8: None}
"""By slots: 2 is the default. With 8 the spans hold the turns of seven others on the same interpreter."""
END_S = 300.0
NULL: dict[str, Any] = {"requires": ["sandbox:null"]}


def main() -> None:
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as scratch:
        site = null_sandbox.install(Path(scratch) / "site")
        for slots in TARGETS_MS:
            settings = {"CHORUS_NULL_SANDBOX": "yes", "CHORUS_MAX_TASKS": str(slots)}
            with running(Path(scratch) / f"state-{slots}", settings, site) as node:
                rows += measure(node, slots)
    notes = [
        f"{TASKS} tasks in the null sandbox (contrib/chorus-plugin-null), which starts no process",
        "overhead: from the commit of its assignment to that of its end, as the control log stamped them",
        "the slots share one interpreter: a span holds the turns that others took meanwhile",
        "each one is assigned, executed, its output kept as a blob, its end committed, all of it durable",
    ]
    json.dump({"title": "Tasks that do nothing", "rows": rows, "notes": notes, "skipped": []}, sys.stdout)


def measure(node: Node, slots: int) -> list[dict[str, Any]]:
    with node.client() as client:
        holders = [
            client.submit("sleep 3600", limits={"timeout_s": 7200}, **NULL).json["id"] for _ in range(slots)
        ]
        until(lambda: all(client.task(task)["state"] == "running" for task in holders), 20, node.told)
        queue(node)
        began = time.perf_counter()
        cpu = node.cpu_s()
        for task in holders:
            client.ask("POST", f"/api/v1/tasks/{task}/cancel")
        database = node.state_dir / "journal.db"
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as reader:
            until(lambda: not waiting(reader), END_S, node.told)
            seconds, cpu = time.perf_counter() - began, node.cpu_s() - cpu
            spans = overheads(reader)
    label = f"{slots} slots"
    return [
        at_most(f"overhead, {label}, p50", percentile(spans, 0.5), "ms", TARGETS_MS[slots]),
        at_most(f"overhead, {label}, p99", percentile(spans, 0.99), "ms"),
        at_most(f"whole, for each task, {label}", 1000 * seconds / TASKS, "ms"),
        at_least(f"tasks, {label}", TASKS / seconds, "/s"),
        at_most(f"processor time, for each task, {label}", 1000 * cpu / TASKS, "ms"),
    ]


def queue(node: Node) -> None:
    with node.client() as client:
        headers = {**client.headers(), "Idempotency-Key": f"task-{COUNTER}"}
        body = json.dumps({"commands": ["true"], **NULL})
        plan = Plan(
            client.host,
            client.port,
            "/api/v1/tasks",
            CLIENTS,
            requests=TASKS,
            method="POST",
            headers=headers,
            body=body,
        )
        report = load(plan)
    if report.statuses != {"202": TASKS}:
        raise RuntimeError(f"not every task was taken: {report.statuses}")


def waiting(reader: sqlite3.Connection) -> int:
    """How many tasks have not ended."""
    ((count,),) = reader.execute(
        "SELECT count(*) FROM coordinator_task WHERE state NOT IN ('succeeded', 'failed', 'cancelled')"
    )
    return int(count)


def overheads(reader: sqlite3.Connection) -> list[float]:
    """Milliseconds from assignment to end, of each task that succeeded."""
    assigned: dict[str, datetime] = {}
    spans = []
    for kind, text in reader.execute(
        "SELECT kind, cmd FROM coordinator_control WHERE kind IN ('assign', 'result') ORDER BY i"
    ):
        command = json.loads(text)
        at = datetime.fromisoformat(command["at"])
        if kind == "assign":
            assigned[command["task"]] = at
        elif command["result"].get("exit_code") == 0:
            spans.append((at - assigned[command["task"]]).total_seconds() * 1000)
    if len(spans) != TASKS:
        raise RuntimeError(f"{len(spans)} of {TASKS} tasks succeeded")
    return spans


if __name__ == "__main__":
    main()
