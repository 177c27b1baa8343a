"""A node is killed under load, often: what it acknowledged is there, once, and nothing is left over."""

import os
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chorus_docker.owner import owner_of
from contrib.bench.rig.client import API, Client
from contrib.bench.rig.node import Node, until
from tests.integration.coordinator.program import processes_with
from tests.integration.faults.crowd import NULL, Kind, Ledger, crowd

pytestmark = pytest.mark.bwrap
BUSYBOX = "chorus-test/busybox:1"
ENDED = ("succeeded", "failed", "cancelled")
DRAIN_S = 120.0


def has_engine() -> bool:
    return subprocess.run(["docker", "image", "inspect", BUSYBOX], capture_output=True).returncode == 0


def kinds(marker: str, *, engine: bool) -> list[Kind]:
    """Mostly tasks that do nothing, some that take their time, a few in real sandboxes."""
    real = f"sleep {marker} & echo printed; sleep 0.3"
    found = [
        Kind(80, "true", NULL),
        Kind(15, "sleep 0.2", NULL),
        Kind(4, real, {"requires": ["sandbox:bwrap"]}),
    ]
    if engine:
        found.append(Kind(1, real, {"requires": ["sandbox:docker"], "image": BUSYBOX}))
    return found


def containers(state_dir: Path) -> list[str]:
    """Every container of this state dir that the engine knows, in whatever state."""
    mine = f"label=chorus.owner={owner_of(state_dir)}"
    listed = subprocess.run(
        ["docker", "ps", "--all", "--quiet", "--filter", mine], capture_output=True, text=True
    )
    return listed.stdout.split()


def tasks(client: Client) -> list[dict[str, Any]]:
    """Every task, page after page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        page = client.get(f"{API}/tasks?limit=200" + (f"&cursor={cursor}" if cursor else "")).json
        found, cursor = found + page["tasks"], page["cursor"]
    return found


def kill_under_load(node: Node, rounds: int, seed: int, drain_s: float = DRAIN_S) -> Ledger:
    """Each round: start, perhaps die at once, retry what nobody answered, take new work, die."""
    dice = random.Random(seed)
    ledger, marker, engine = Ledger(), f"95{os.getpid()}.5", has_engine()
    work = kinds(marker, engine=engine)
    for number in range(rounds):
        if dice.random() < 0.2:
            node.begin()
            kill_after(node, dice.uniform(0.0, 0.8))
        node.start()
        with node.client() as client:
            for key in ledger.unknown:
                ledger.submit(client, key)
        with crowd(node, ledger, work, f"{seed}-{number}"):
            kill_after(node, dice.uniform(0.05, 1.0))
        until(lambda: not sandboxed(marker), 10)
    node.start()
    settle(node, ledger, drain_s)
    until(lambda: not processes_with(marker), 10)
    if engine:
        until(lambda: not containers(node.state_dir), 60, lambda: str(containers(node.state_dir)))
    return ledger


def sandboxed(marker: str) -> list[int]:
    """The processes of tasks in bwrap; a container may outlive its node until the next one reaps it."""
    return [pid for pid in processes_with(marker) if "docker" not in cgroup(pid)]


def cgroup(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return "docker"  # it is gone


def kill_after(node: Node, seconds: float) -> None:
    """Let it live so long, and not longer."""
    assert node.process is not None
    with pytest.raises(subprocess.TimeoutExpired):
        node.process.wait(seconds)
    node.kill()


def settle(node: Node, ledger: Ledger, drain_s: float) -> None:
    """Ask again for everything whose answer was lost, let all tasks end, and compare."""
    with node.client(timeout_s=30) as client:
        for key in ledger.unknown:
            ledger.submit(client, key)
        assert ledger.unknown == []
        until(lambda: not client.get(f"{API}/tasks?state=waiting&limit=1").json["tasks"], drain_s, node.told)
        until(lambda: all(task["state"] in ENDED for task in tasks(client)), drain_s, node.told)
        found = tasks(client)
    doubled = {key: ids for key, ids in ledger.acknowledged.items() if len(ids) != 1}
    assert doubled == {}
    acknowledged = {task for ids in ledger.acknowledged.values() for task in ids}
    there = [task["id"] for task in found]
    assert len(there) == len(set(there))
    assert (acknowledged - set(there), set(there) - acknowledged) == (set(), set())
    wrong = [task for task in found if task["state"] != "succeeded" and task["result"]["reason"] != "lost"]
    assert wrong == []
    assert node.stop() < 2
    assert node.chorus("log", "verify").returncode == 0
    assert list((node.state_dir / "output").iterdir()) == []
    assert list((node.state_dir / "scratch").iterdir()) == []


@pytest.mark.slow
def test_twenty_kills_lose_and_double_nothing_acknowledged(node: Node) -> None:
    node.environment = {**node.environment, "CHORUS_MAX_TASKS": "4"}
    ledger = kill_under_load(node, 20, seed=3)
    assert len(ledger.acknowledged) > 100
    assert ledger.refused == []


@pytest.mark.soak
def test_many_kills_lose_and_double_nothing_acknowledged(node: Node) -> None:
    # More come than can be done between two kills; they are all to be there at the end.
    node.environment = {**node.environment, "CHORUS_MAX_TASKS": "4", "CHORUS_MAX_QUEUED": "1000000"}
    rounds = int(os.environ.get("SOAK_ROUNDS", "100"))
    ledger = kill_under_load(node, rounds, seed=random.randrange(1 << 30), drain_s=10 * DRAIN_S)
    assert ledger.refused == []
