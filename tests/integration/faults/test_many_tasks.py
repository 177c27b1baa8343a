"""Ten thousand tasks in the queue of a node whose only slot is taken."""

import json
import time

import pytest

from contrib.bench.rig.client import API
from contrib.bench.rig.load import COUNTER, Plan, load
from contrib.bench.rig.node import Node, until
from tests.integration.faults.watch import meanwhile

MANY = 10_000
NULL = ["sandbox:null"]


@pytest.mark.slow
def test_ten_thousand_wait_and_a_restart_keeps_them(node: Node) -> None:
    node.environment = {**node.environment, "CHORUS_MAX_TASKS": "1", "CHORUS_MAX_QUEUED": "20000"}
    node.start()
    with node.client() as client:
        holder = client.submit("sleep 3600", requires=NULL, limits={"timeout_s": 7200}).json["id"]
        until(lambda: client.task(holder)["state"] == "running", 20, node.told)
        headers = client.headers({"Idempotency-Key": f"task-{COUNTER}"})
        body = json.dumps({"commands": ["true"], "requires": NULL})
        plan = Plan(client.host, client.port, f"{API}/tasks", 16, 120, MANY, "POST", headers, body)
        with meanwhile(node, f"{API}/tasks?state=waiting&limit=20") as seen:
            report = load(plan)
        assert report.statuses == {"202": MANY}, report
        assert (seen.failed, seen.slowest < 2.0) == ([], True), seen.took
        assert seen.grown < 96
        counts = client.get(f"{API}/status").json["tasks"]
        assert (counts["waiting"], counts["running"]) == (MANY, 1)
    node.stop()
    began = time.perf_counter()
    node.start()
    assert time.perf_counter() - began < 10
    with node.client() as client:
        until(lambda: client.task(holder)["state"] == "running", 20, node.told)
        counts = client.get(f"{API}/status").json["tasks"]
        assert (counts["waiting"], counts["running"]) == (MANY, 1)
        urgent = client.submit("true", requires=NULL, priority=10).json["id"]
        client.ask("POST", f"{API}/tasks/{holder}/cancel")
        until(lambda: client.task(urgent)["state"] == "succeeded", 10, node.told)
