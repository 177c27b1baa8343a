"""`chorus up` and `chorus down`, as a person uses them: real processes."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trio

from chorus.local_mesh.ending import stop
from chorus.local_mesh.place import places
from tests.integration.health.conftest import Program

pytestmark = pytest.mark.slow

SECONDS = 60
QUIET = {
    "CHORUS_API_PORT": "0",
    "CHORUS_HEALTH_PORT": "0",
    "CHORUS_P2P_PORT": "0",
    "CHORUS_P2P_BIND": "127.0.0.1",
    "CHORUS_MDNS_ENABLED": "false",
    "CHORUS_IMAGE_PULL": "never",
}


class Mesh(Program):
    """Nodes on one state dir."""

    def up(self, *arguments: str) -> tuple[int, Any]:
        return self.json("up", "--detach", *arguments)

    def foreground(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command("up", *arguments, "--json"),
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


@pytest.fixture
def mesh(tmp_path: Path) -> Iterator[Mesh]:
    made = Mesh(tmp_path / "state", QUIET)
    yield made
    made.run("down")


def alive(pid: int) -> bool:
    """A process that has ended and was not waited for is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def told(process: subprocess.Popen[str]) -> Any:
    """The document of an `up` that stays."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate(timeout=SECONDS)[1]
    return json.loads(line)


def test_nodes_run_in_state_dirs_of_their_own_with_one_secret_until_down(mesh: Mesh) -> None:
    code, document = mesh.up("-n", "2")
    assert code == 0
    nodes = document["nodes"]
    assert [node["name"] for node in nodes] == ["1", "2"]
    assert [Path(node["state_dir"]) for node in nodes] == [mesh.state_dir / "nodes" / name for name in "12"]
    assert len({node["peer_id"] for node in nodes}) == 2
    assert all(node["started"] for node in nodes)
    tags = {
        Program(Path(state), QUIET).json("join-token")[1]["cluster"]
        for state in (mesh.state_dir, *(node["state_dir"] for node in nodes))
    }
    assert len(tags) == 1
    assert mesh.json("status")[1]["node"]["peer_id"] == nodes[0]["peer_id"]
    assert f"chorus/{nodes[0]['peer_id']}/" in mesh.run("log", "export").stdout

    code, document = mesh.json("down")
    assert (code, document) == (0, {"stopped": ["1", "2"], "killed": []})
    assert not any(alive(node["pid"]) for node in nodes)
    assert mesh.json("down") == (0, {"stopped": [], "killed": []})
    assert mesh.run("status").returncode == 3


def test_id_is_that_of_the_first_node_that_is_up_by_the_name_that_it_got(mesh: Mesh) -> None:
    mesh.environment = QUIET | {"CHORUS_AGENT_ID": "desk"}
    before = mesh.json("id")[1]
    nodes = mesh.up("-n", "2")[1]["nodes"]
    assert mesh.json("id")[1] == before | {"peer_id": nodes[0]["peer_id"], "agent_id": "desk-1"}
    os.kill(nodes[0]["pid"], signal.SIGKILL)
    assert mesh.json("id")[1] == before | {"peer_id": nodes[1]["peer_id"], "agent_id": "desk-2"}
    mesh.run("down")
    assert mesh.json("id")[1] == before


def test_up_again_leaves_alone_who_runs_adds_who_is_missing_and_comes_back_as_the_same(mesh: Mesh) -> None:
    _, first = mesh.up("-n", "1")
    code, more = mesh.up("-n", "2")
    assert code == 0
    assert [node["started"] for node in more["nodes"]] == [False, True]
    assert more["nodes"][0]["pid"] == first["nodes"][0]["pid"]
    again = mesh.run("up", "-n", "2")
    assert (again.returncode, "run already" in again.stderr) == (0, True)
    os.kill(more["nodes"][0]["pid"], signal.SIGKILL)
    _, healed = mesh.up("-n", "2")
    assert [node["started"] for node in healed["nodes"]] == [True, False]
    assert [n["peer_id"] for n in healed["nodes"]] == [n["peer_id"] for n in more["nodes"]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_in_the_foreground_a_signal_stops_all_of_them_and_is_no_failure(
    mesh: Mesh, number: signal.Signals
) -> None:
    process = mesh.foreground("-n", "1")
    nodes = told(process)["nodes"]
    process.send_signal(number)
    process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert not any(alive(node["pid"]) for node in nodes)


def test_in_the_foreground_who_is_killed_is_told_and_down_ends_it(mesh: Mesh) -> None:
    process = mesh.foreground("-n", "2")
    nodes = told(process)["nodes"]
    os.kill(nodes[0]["pid"], signal.SIGKILL)
    assert process.stderr is not None
    for line in process.stderr:
        if "node 1 ended (signal 9)" in line:
            break
    assert process.poll() is None
    assert alive(nodes[1]["pid"])
    assert mesh.json("down")[1] == {"stopped": ["2"], "killed": []}
    _, notes = process.communicate(timeout=SECONDS)
    assert (process.returncode, "node 2 was stopped" in notes) == (0, True)


def test_in_the_foreground_it_stops_nobody_whom_another_up_put_in_the_place_of_one_that_died(
    mesh: Mesh,
) -> None:
    process = mesh.foreground("-n", "2")
    first, second = told(process)["nodes"]
    os.kill(second["pid"], signal.SIGKILL)
    assert process.stderr is not None
    for line in process.stderr:
        if "node 2 ended (signal 9)" in line:
            break
    healed = mesh.up("-n", "2")[1]["nodes"][1]
    assert healed["started"]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=SECONDS)
    assert (alive(first["pid"]), alive(healed["pid"])) == (False, True)


def test_one_that_fails_to_start_is_told_with_the_end_of_its_log_and_takes_the_others_along(
    mesh: Mesh,
) -> None:
    second = mesh.state_dir / "nodes" / "2"
    second.mkdir(parents=True)
    (second / "identity.key").write_text("damaged")
    (second / "identity.key").chmod(0o600)
    done = mesh.run("up", "-n", "2")
    assert done.returncode == 1
    assert "node 2 ended while it started (exit code 5)" in done.stderr
    assert f"the identity key {second}/identity.key is damaged" in done.stderr
    assert f"all of it is in {second}/agent.log" in done.stderr
    assert mesh.json("down")[1] == {"stopped": [], "killed": []}


def test_a_frozen_node_is_killed_in_the_end(mesh: Mesh) -> None:
    _, document = mesh.up("-n", "1")
    pid = document["nodes"][0]["pid"]
    os.kill(pid, signal.SIGSTOP)
    asked, killed = trio.run(stop, places(mesh.state_dir), 0.5)
    assert (asked, [place.name for place in killed]) == ([], ["1"])
    assert not alive(pid)


def test_it_is_for_this_machine_and_for_some_nodes(mesh: Mesh) -> None:
    elsewhere = {"CHORUS_URL": "http://192.0.2.1:1", "CHORUS_API_TOKEN": "test-token-of-no-worth"}
    mesh.environment = QUIET | elsewhere
    assert mesh.run("up").returncode == 2
    assert mesh.run("down").returncode == 2
    mesh.environment = QUIET
    assert mesh.run("up", "-n", "0").returncode == 2
    assert mesh.run("up", "-n", "65").returncode == 2
