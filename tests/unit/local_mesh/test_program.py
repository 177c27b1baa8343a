"""What each node of `chorus up` is told: what was set, but nothing that only one of them can have."""

import sys
import zipfile
from pathlib import Path

import pytest

from chorus.local_mesh.place import Place
from chorus.local_mesh.program import command, environment

JOIN = Path("/state/nodes/join")
FIRST, SECOND = (Place(name, Path("/state/nodes") / name) for name in ("1", "2"))


def test_each_has_its_state_dir_the_token_in_a_file_and_where_the_others_are() -> None:
    told = environment(
        {"HOME": "/home/dev", "CHORUS_ROLE": "tester"}, SECOND, JOIN, ("/ip4/192.0.2.1/tcp/1",)
    )
    assert told == {
        "HOME": "/home/dev",
        "CHORUS_ROLE": "tester",
        "CHORUS_STATE_DIR": "/state/nodes/2",
        "CHORUS_JOIN_FILE": str(JOIN),
        "CHORUS_BOOTSTRAP_PEERS": "/ip4/192.0.2.1/tcp/1",
    }


def test_the_secret_is_in_no_environment() -> None:
    inherited = {
        "CHORUS_CLUSTER_SECRET": "test-secret",
        "CHORUS_JOIN": "test-token",
        "CHORUS_CLUSTER_SECRET_FILE": "/a",
        "CHORUS_JOIN_FILE": "/b",
        "CHORUS_URL_FILE": "/c",
    }
    told = environment(inherited, FIRST, JOIN, ())
    assert sorted(told) == ["CHORUS_BOOTSTRAP_PEERS", "CHORUS_JOIN_FILE", "CHORUS_STATE_DIR"]
    assert told["CHORUS_JOIN_FILE"] == str(JOIN)


def test_a_port_that_is_set_goes_to_the_first_and_any_port_to_all() -> None:
    inherited = {"CHORUS_API_PORT": "7000", "CHORUS_HEALTH_PORT": "0"}
    assert {**environment(inherited, FIRST, JOIN, ())}.items() >= inherited.items()
    second = environment(inherited, SECOND, JOIN, ())
    assert "CHORUS_API_PORT" not in second
    assert second["CHORUS_HEALTH_PORT"] == "0"


def test_peers_elsewhere_stay_and_a_name_gets_a_number() -> None:
    inherited = {"CHORUS_BOOTSTRAP_PEERS": "node.example:9000", "CHORUS_AGENT_ID": "desk"}
    told = environment(inherited, SECOND, JOIN, ("/ip4/192.0.2.1/tcp/1",))
    assert told["CHORUS_BOOTSTRAP_PEERS"] == "node.example:9000,/ip4/192.0.2.1/tcp/1"
    assert told["CHORUS_AGENT_ID"] == "desk-2"


def test_a_node_is_the_program_that_was_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/chorus"])
    assert command() == [sys.executable, "-P", "-m", "chorus", "agent"]
    one_file = tmp_path / "renamed"
    with zipfile.ZipFile(one_file, "w") as archive:
        archive.writestr("__main__.py", "")
    monkeypatch.setattr(sys, "argv", [str(one_file)])
    assert command() == [sys.executable, str(one_file), "agent"]
