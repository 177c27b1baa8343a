"""Several real processes on one state dir that has no key and no cluster yet."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

FAILPOINTS = tuple(f"{file}.link.{when}" for file in ("identity", "cluster") for when in ("before", "after"))

PROGRAM = """
import sys
from pathlib import Path
from chorus_identity.key_file import load_or_create
from chorus_identity.key_pair import KeyPair
from chorus_identity import cluster_file
from chorus_identity.cluster import SecretCluster
state = Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.read()
key = load_or_create(state / "identity.key", state / "scratch")
token = cluster_file.load_or_create(state / "cluster.secret", state / "scratch", None)
print(KeyPair(key).peer_id, SecretCluster(token).tag)
"""


def _start(state: Path, failpoint: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "CHORUS_FAILPOINT": failpoint},
    )


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path


def test_processes_that_race_agree_on_one_key_and_one_cluster(state: Path) -> None:
    racers = [_start(state) for _ in range(6)]
    for racer in racers:
        assert racer.stdout is not None and racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.close()  # the starting gun
        racer.stdin = None
    told = [racer.communicate(timeout=60)[0].strip() for racer in racers]
    assert len(set(told)) == 1
    assert told[0].startswith("12D3KooW")


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_killed_at_any_step_a_file_is_whole_or_absent(state: Path, failpoint: str) -> None:
    dying = _start(state, failpoint)
    dying.communicate("", timeout=60)
    assert dying.returncode == -signal.SIGKILL
    files = [state / "identity.key", state / "cluster.secret"]
    before = {file: file.read_bytes() for file in files if file.exists()}
    survivor = _start(state)
    assert survivor.communicate("", timeout=60)[0].startswith("ready\n12D3KooW")
    assert {file: file.read_bytes() for file in before} == before
