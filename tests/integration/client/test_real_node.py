"""A person's commands against a real node, from a machine that has only its URL and its token."""

import hashlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contrib.bench.rig.node import Node, until
from tests.integration.coordinator.program import processes_with

pytestmark = [pytest.mark.bwrap, pytest.mark.slow]

FROM_BWRAP = {"CHORUS_SANDBOX": "bwrap", "CHORUS_PLUGINS_DISABLED": "docker"}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """One node for the tests that leave it as it was."""
    made = Node(tmp_path_factory.mktemp("node") / "state", FROM_BWRAP)
    try:
        yield made.start()
    finally:
        made.end()


class Away:
    """`chorus` on a state dir of its own, with CHORUS_URL."""

    def __init__(self, node: Node, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.env = {
            **node.env,
            "CHORUS_LOG_LEVEL": "error",
            "CHORUS_STATE_DIR": str(state_dir),
            "CHORUS_URL": node.where["api"],
            "CHORUS_API_TOKEN": node.token,
        }

    def start(self, *args: str, **pipes: Any) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "chorus", *args]
        usual = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, env=self.env, **{**usual, **pipes})

    def run(self, *args: str, **pipes: Any) -> "subprocess.CompletedProcess[bytes]":
        process = self.start(*args, **pipes)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(args, process.returncode, out, err)

    def json(self, *args: str) -> Any:
        done = self.run(*args, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def away(node: Node, tmp_path: Path) -> Away:
    return Away(node, tmp_path / "away")


def test_a_run_packs_here_runs_there_and_delivers_here(away: Away, tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()
    (source / "word").write_text("hello")
    line = "cat word; echo oops >&2; cp word /workspace/output/copy; exit 7"
    done = away.run("run", "--source", str(source), "--out", str(out), "--", "sh", "-c", line)
    assert (done.returncode, done.stdout) == (7, b"hello"), done.stderr
    assert b"oops\n" in done.stderr
    assert b"signed" in done.stderr
    assert (out / "copy").read_text() == "hello"
    assert not list(away.state_dir.rglob("*.sqlite*"))  # nothing was kept on this machine
    assert list((away.state_dir / "scratch").iterdir()) == []


def test_a_submitted_task_is_waited_for_and_looked_at(away: Away, tmp_path: Path) -> None:
    file = tmp_path / "task.json"
    file.write_text(json.dumps({"title": "t", "commands": ["echo out; echo err >&2"]}))
    submitted = away.run("task", "submit", str(file))
    assert submitted.returncode == 0, submitted.stderr
    task = submitted.stdout.decode().strip()
    assert away.run("task", "wait", task).returncode == 0
    assert away.json("task", "show", task)["state"] == "succeeded"
    assert away.json("task", "list", "--limit", "5")["tasks"][0]["id"] == task
    logs = away.run("task", "logs", task)
    assert (logs.stdout, logs.stderr) == (b"out\n", b"err\n")
    only = away.run("task", "logs", task[:12], "--stderr")
    assert (only.stdout, only.stderr) == (b"", b"err\n")


def test_the_same_key_gives_the_same_task_and_another_document_a_conflict(away: Away) -> None:
    def submit(command: str) -> "subprocess.CompletedProcess[bytes]":
        raw = json.dumps({"commands": [command], "idempotency_key": "only-once"}).encode()
        process = away.start("task", "submit", "-", stdin=subprocess.PIPE)
        out, err = process.communicate(raw, timeout=60)
        return subprocess.CompletedProcess((), process.returncode, out, err)

    first, again, other = submit("true"), submit("true"), submit("false")
    assert first.returncode == again.returncode == 0, first.stderr
    assert first.stdout == again.stdout
    assert other.returncode == 5
    assert b"idempotency key" in other.stderr


def test_a_retry_is_a_new_task_of_the_old_document(away: Away) -> None:
    failed = away.run("run", "--json", "--", "sh", "-c", "exit 3")
    old = json.loads(failed.stdout)["id"]
    again = away.run("task", "retry", old, "--wait", "--json")
    assert again.returncode == 1
    document = json.loads(again.stdout)
    assert (document["retry_of"], document["state"]) == (old, "failed")
    assert document["id"] != old


def test_much_output_comes_whole_and_in_its_order(away: Away) -> None:
    line = "head -c 3000000 /dev/urandom | tee /workspace/output/all"
    done = away.run("-q", "run", "--json", "--", "sh", "-c", line)
    task = json.loads(done.stdout)
    logs = away.run("task", "logs", task["id"])
    (artifact,) = task["result"]["artifacts"]
    assert hashlib.sha256(logs.stdout).hexdigest() == artifact["sha256"]


def test_whoever_interrupts_a_run_ends_it_there(away: Away) -> None:
    there = "sleep\x0086413"  # as only the sandbox's process has it in its command line
    process = away.start("run", "--", "sh", "-c", "exec sleep $((86400 + 13))")
    until(lambda: bool(processes_with(there)), 20)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    until(lambda: not processes_with(there), 20)
    assert away.json("task", "list", "--limit", "1")["tasks"][0]["state"] == "cancelled"


def test_status_says_how_the_node_is(away: Away) -> None:
    status = away.json("status")
    assert status["node"]["ready"] is True
    assert status["sandbox"]["name"] == "bwrap"
    shown = away.run("status").stdout.decode()
    assert "ready     yes" in shown


def test_a_node_that_is_restarted_is_followed_on(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    node = Node(tmp_path / "state", {**FROM_BWRAP, "CHORUS_API_PORT": str(port)})
    try:
        away = Away(node.start(), tmp_path / "away")
        line = "i=0; while [ $i -lt 40 ]; do echo line $i; i=$((i+1)); sleep 0.1; done"
        submitted = away.run("run", "--detach", "--", "sh", "-c", line)
        task = submitted.stdout.decode().strip()
        follower = away.start("task", "logs", "-f", task)
        assert follower.stdout is not None
        assert follower.stdout.readline() == b"line 0\n"
        node.kill()
        node.start()
        rest, err = follower.communicate(timeout=60)
        assert follower.returncode == 0, err
        whole = "".join(f"line {i}\n" for i in range(40)).encode()
        assert rest.endswith(whole)  # of the attempt that came after the restart
    finally:
        node.end()
