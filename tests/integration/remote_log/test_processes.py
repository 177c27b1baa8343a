"""The log of a task is followed at another node: real processes, killed and frozen meanwhile."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contrib.bench.rig.mesh import Mesh, mesh
from contrib.bench.rig.node import Node, until
from contrib.bench.rig.ports import free_ports

pytestmark = [pytest.mark.slow, pytest.mark.bwrap]

COUNT = 60
COUNTING = f"for i in $(seq {COUNT}); do echo line $i; sleep 0.05; done"
LINES = "".join(f"line {number}\n" for number in range(1, COUNT + 1))


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Mesh]:
    with mesh(tmp_path, 2) as nodes:
        for node, port in zip(nodes.nodes, free_ports(2), strict=True):
            ours = {"CHORUS_SANDBOX": "bwrap", "CHORUS_API_PORT": str(port)}
            node.environment = {**node.environment, **ours}
            node.start()
        nodes.wait()
        yield nodes


def submit(node: Node, command: str) -> str:
    with node.client() as client:
        return str(client.submit(command).json["id"])


@contextmanager
def follow(node: Node, task: str, into: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`chorus task logs -f`, printing to a file."""
    with into.open("wb") as out, into.with_suffix(".err").open("wb") as err:
        command = [sys.executable, "-m", "chorus", "task", "logs", "-f", task]
        with subprocess.Popen(command, env=node.env, stdout=out, stderr=err) as process:
            yield process
            assert process.wait(60) == 0, into.with_suffix(".err").read_text()


def printed(node: Node, task: str) -> bytes:
    return node.chorus("task", "logs", task).stdout


def test_a_task_is_followed_from_another_node_to_its_end_and_read_afterwards(
    two: Mesh, tmp_path: Path
) -> None:
    one, other = two.nodes
    task = submit(one, COUNTING)
    with follow(other, task[:12], tmp_path / "log"):
        pass
    assert (tmp_path / "log").read_text() == LINES
    assert printed(other, task).decode() == LINES


def test_a_node_that_stands_still_and_one_that_is_killed_lose_and_double_no_byte(
    two: Mesh, tmp_path: Path
) -> None:
    one, other = two.nodes
    log = tmp_path / "log"
    task = submit(one, COUNTING)
    with follow(other, task, log):
        until(lambda: "line 1\n" in log.read_text(), 30)
        os.kill(one.pid, signal.SIGSTOP)
        other.kill()
        os.kill(one.pid, signal.SIGCONT)
        other.start()
    assert log.read_text() == LINES


def test_no_such_task_is_one_line_and_a_cure(two: Mesh) -> None:
    done = two.nodes[0].chorus("task", "logs", "abcdef")
    assert done.returncode == 4
    assert b"no task abcdef, here or at a peer that can be reached" in done.stderr
    assert b"chorus peers" in done.stderr
    assert b"Traceback" not in done.stderr
