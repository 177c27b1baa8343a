"""`chorus task replay` by the real program: a goal comes out the same without a model."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.coordinator.program import Program, wait_for
from tests.integration.providers.conftest import Scripted, server

__all__ = ["server"]  # a fixture of theirs
pytestmark = pytest.mark.bwrap

GOAL = ("run", "--goal", "make data.txt good", "--verify", "grep -q good data.txt", "--source")


@pytest.fixture
def chorus(tmp_path: Path, server: Scripted) -> Program:
    program = Program(tmp_path / "state")
    program.env |= {"CHORUS_AI_PROVIDERS": "resetdata", "RESETDATA_BASE_URL": server.openai}
    return program


@pytest.fixture
def project(tmp_path: Path) -> str:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "data.txt").write_text("bad\n")
    return str(folder)


def tool(name: str, **arguments: str) -> dict[str, Any]:
    return {"calls": [{"name": name, "arguments": arguments}]}


EDIT = tool("edit", path="data.txt", old="bad", new="good")
SUBMIT = tool("submit", summary="it is good")


def blob(chorus: Program, sha256: str) -> Path:
    (file,) = chorus.state_dir.glob(f"**/{sha256}")
    file.chmod(0o600)
    return file


def solved(chorus: Program, server: Scripted, project: str, *steps: Any) -> dict[str, Any]:
    """A goal that was reached; nobody plays a model any more."""
    server.plays([*steps, EDIT, SUBMIT])
    task: dict[str, Any] = chorus.json(*GOAL, project)
    assert task["state"] == "succeeded"
    server.plays([])
    return task


def test_a_goal_comes_out_the_same_without_a_model(chorus: Program, server: Scripted, project: str) -> None:
    task = solved(chorus, server, project, tool("run", command="cat data.txt"))
    replay = chorus.json("task", "replay", task["id"])
    assert (replay["same"], replay["whole"], replay["steps"]) == (True, True, 3)
    assert replay["run"] == {
        "actions": 2,
        "reason": "exited",
        "exit_code": 0,
        "sandbox": "bwrap",
        "steps": [],
        "files": [],
    }
    chorus.env |= {"CHORUS_AI_PROVIDERS": ""}
    told = chorus.run("task", "replay", task["id"][:8], "--no-run")
    assert (told.returncode, told.stdout.splitlines()[-1].split()) == (0, [b"outcome", b"the", b"same"])
    assert server.control("asked") == []
    chorus.assert_tidy()


def test_what_differs_by_the_machine_is_named(chorus: Program, server: Scripted, project: str) -> None:
    random = "head -c 8 /dev/urandom | od -x | tee noise.txt"
    task = solved(chorus, server, project, tool("run", command=random))
    done = chorus.run("task", "replay", task["id"])
    assert done.returncode == 1
    lines = done.stdout.decode().splitlines()
    assert any(line.startswith("note") and line.endswith("another output") for line in lines)
    assert lines[-1].split(maxsplit=1) == ["outcome", "differs: changed files differ: noise.txt"]


def test_damage_is_told_and_nothing_is_run(chorus: Program, server: Scripted, project: str) -> None:
    task = solved(chorus, server, project)
    transcript = blob(chorus, task["result"]["thinking"]["transcript"]["sha256"])
    raw = transcript.read_bytes()
    for damaged in (raw[:-20], raw.replace(b"good", b"nice"), b""):
        transcript.write_bytes(damaged)
        done = chorus.run("task", "replay", task["id"])
        assert done.returncode == 1 and b"the transcript is damaged" in done.stdout
    transcript.unlink()
    assert chorus.run("task", "replay", task["id"]).returncode == 4


def test_a_changes_blob_that_was_changed_is_told(chorus: Program, server: Scripted, project: str) -> None:
    task = solved(chorus, server, project)
    changes = blob(chorus, task["result"]["changes"]["sha256"])
    changes.write_bytes(changes.read_bytes().replace(b"good", b"evil"))
    done = chorus.run("task", "replay", task["id"])
    assert done.returncode == 1 and b"is damaged" in done.stderr


def test_at_a_node_it_is_the_same(chorus: Program, server: Scripted, project: str) -> None:
    chorus.env |= {"CHORUS_HTTP_PORT": "0", "CHORUS_HEALTH_PORT": "0"}
    node = chorus.start("agent")
    try:
        wait_for(lambda: (chorus.state_dir / "api.json").exists())
        task = solved(chorus, server, project)
        replay = chorus.json("task", "replay", task["id"])
        assert replay["same"] is True and replay["run"]["actions"] == 1
    finally:
        node.terminate()
        node.communicate(timeout=30)


def test_what_has_no_transcript_is_told_so(chorus: Program, project: str) -> None:
    assert chorus.run("run", "--source", project, "--", "true").returncode == 0
    (task,) = chorus.tasks()
    for unknown in (task["id"], "0" * 32):
        done = chorus.run("task", "replay", unknown)
        assert done.returncode == 4


def test_without_a_sandbox_only_the_loop_is_compared(chorus: Program, server: Scripted, project: str) -> None:
    task = solved(chorus, server, project)
    chorus.env |= {"CHORUS_SANDBOX": "docker", "CHORUS_PLUGINS_DISABLED": "docker"}
    done = chorus.run("task", "replay", task["id"])
    assert done.returncode == 5 and b"--no-run" in done.stderr
    assert chorus.run("task", "replay", task["id"], "--no-run").returncode == 0
