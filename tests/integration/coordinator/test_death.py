"""`chorus run` is killed or interrupted: what it acknowledged stands, and nothing is left behind."""

import json
import os
import random
import signal
import subprocess
from pathlib import Path

import pytest

from tests.integration.coordinator.program import Program, processes_with, wait_for

pytestmark = pytest.mark.bwrap

FAILPOINTS = {
    "coordinator.submit.before": set(),
    "coordinator.submit.after": {"interrupted"},
    "coordinator.started": {"interrupted"},
    "executor.opened": {"interrupted"},
    "executor.ran": {"interrupted"},
    "executor.collected": {"interrupted"},
    "executor.verified": {"interrupted"},
    "coordinator.result.before": {"interrupted"},
    "coordinator.result.after": {"exited"},
}


@pytest.fixture
def chorus(tmp_path: Path) -> Program:
    return Program(tmp_path / "state")


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_a_kill_at_a_failpoint_leaves_an_honest_end(chorus: Program, failpoint: str) -> None:
    marker = f"97{os.getpid()}.5"
    before = chorus.run("run", "--json", "--", "true")
    acknowledged = json.loads(before.stdout)
    line = f"echo printed; sleep {marker} & echo kept > ../output/f"
    done = chorus.run("run", "--verify", "true", "--", "sh", "-c", line, failpoint=failpoint)
    assert done.returncode == -signal.SIGKILL
    wait_for(lambda: not processes_with(marker))
    reasons = {task["result"]["reason"] for task in chorus.tasks() if task["id"] != acknowledged["id"]}
    assert reasons == FAILPOINTS[failpoint]
    assert chorus.json("task", "show", acknowledged["id"]) == acknowledged
    chorus.assert_tidy()


def test_what_was_printed_before_a_kill_is_kept(chorus: Program) -> None:
    done = chorus.run("run", "--", "echo", "printed", failpoint="coordinator.result.before")
    assert done.returncode == -signal.SIGKILL
    (task,) = chorus.tasks()
    assert (task["state"], task["result"]["reason"]) == ("failed", "interrupted")
    assert chorus.run("task", "logs", task["id"]).stdout == b"printed\n"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
def test_a_signal_cancels_the_task(chorus: Program, number: int, code: int) -> None:
    marker = f"96{os.getpid()}.5"
    with chorus.start("run", "--", "sh", "-c", f"echo begun; sleep {marker} & sleep {marker}") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    assert process.returncode == code, err
    assert b"Traceback" not in err
    assert processes_with(marker) == []
    (task,) = chorus.tasks()
    assert (task["state"], task["result"]["reason"]) == ("cancelled", "cancelled")
    assert chorus.run("task", "logs", task["id"]).stdout == b"begun\n"
    chorus.assert_tidy()


def test_one_is_killed_while_another_starts(chorus: Program) -> None:
    with chorus.start("run", "--", "sh", "-c", "echo begun; sleep 60") as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"begun\n"
        other = chorus.start("-q", "run", "--", "echo", "mine")
        killed.kill()
        out, err = other.communicate(timeout=60)
    assert (other.returncode, out, err) == (0, b"mine\n", b"")
    chorus.assert_tidy()
    assert sorted(task["state"] for task in chorus.tasks()) == ["failed", "succeeded"]


def kill_at_random(chorus: Program, rounds: int, seed: int) -> None:
    """Kill runs at random moments; what the next one finds must be honest. Replay by the seed."""
    dice = random.Random(seed)
    acknowledged: dict[str, str] = {}
    for _ in range(rounds):
        process = chorus.start("run", "--json", "--verify", "true", "--", "sh", "-c", "echo x > ../output/f")
        try:
            out, _ = process.communicate(timeout=dice.uniform(0.05, 1.5))
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate(timeout=20)
        if out:
            task = json.loads(out)
            assert "state" in task, task
            acknowledged[task["id"]] = task["state"]
    states = {task["id"]: task["state"] for task in chorus.tasks()}
    assert acknowledged.items() <= states.items()
    chorus.assert_tidy()


@pytest.mark.slow
def test_kills_at_random_moments_lose_nothing_acknowledged(chorus: Program) -> None:
    kill_at_random(chorus, 20, seed=2)


@pytest.mark.soak
def test_many_kills_at_random_moments(chorus: Program) -> None:
    kill_at_random(chorus, int(os.environ.get("SOAK_ROUNDS", "500")), seed=random.randrange(1 << 30))
