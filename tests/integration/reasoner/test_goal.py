"""A goal by the real program, in a real sandbox, over a real wire. Only the model is played, by a script."""

from pathlib import Path
from typing import Any

import pytest

from chorus_reasoner.replay import replay
from chorus_reasoner.transcript import check
from tests.integration.coordinator.program import Program
from tests.integration.providers.conftest import Scripted, server

__all__ = ["server"]  # a fixture of theirs
pytestmark = pytest.mark.bwrap

CANARY = "ghp_" + "Zx7Qw3Er9Ty1Ui5Op2As4Df6Gh8Jk0Lz3Xc5Vb"  # made up, never valid
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
    (folder / "env").write_text(f"TOKEN={CANARY}\n")
    return str(folder)


def tool(name: str, **arguments: str) -> dict[str, Any]:
    return {"calls": [{"name": name, "arguments": arguments}]}


def transcript(chorus: Program, task: dict[str, Any]) -> list[bytes]:
    sha256 = task["result"]["thinking"]["transcript"]["sha256"]
    (file,) = chorus.state_dir.glob(f"**/{sha256}")
    return file.read_bytes().splitlines(keepends=True)


def test_a_goal_is_reached_in_spite_of_faults_and_replays(
    chorus: Program, server: Scripted, project: str
) -> None:
    server.plays(
        [
            "I think about it.",
            {"status": 429, "headers": {"retry-after": "0"}, "error": "slow down"},
            tool("run", command="cat env data.txt"),
            {"text": "this breaks off in the middle", "cut": 1},
            tool("edit", path="data.txt", old="bad", new="good"),
            "All is well.\nSUBMIT: it is good",
        ]
    )
    task = chorus.json(*GOAL, project)
    thinking = task["result"]["thinking"]
    assert (task["state"], thinking["steps"], thinking["summary"]) == ("succeeded", 4, "it is good")
    lines = check(transcript(chorus, task))
    assert lines.ended
    kinds = [line["kind"] for line in lines.lines if line["type"] == "fault"]
    assert kinds[0] == "busy" and len(kinds) == 2
    replayed = replay(lines.lines)
    assert (replayed.differs, replayed.steps) == (None, 4)
    asked = str(server.control("asked"))
    assert "[REDACTED github-token]" in asked
    assert CANARY not in asked and CANARY.encode() not in b"".join(transcript(chorus, task))
    chorus.assert_tidy()


def test_a_claim_is_no_success(chorus: Program, server: Scripted, project: str) -> None:
    server.plays(["SUBMIT: all done"])
    done = chorus.run(*GOAL, project)
    assert done.returncode == 1
    assert b"the model says that it is done" in done.stderr


def test_an_unknown_role_is_refused_before_there_is_a_task(chorus: Program, project: str) -> None:
    done = chorus.run(*GOAL, project, "--role", "nobody")
    assert done.returncode == 125
    assert b"there is no role nobody" in done.stderr and b"the roles are" in done.stderr
    assert chorus.tasks() == []


def test_without_a_model_one_line_says_how_to_get_one(chorus: Program, project: str) -> None:
    chorus.env |= {"CHORUS_AI_PROVIDERS": "ollama", "OLLAMA_ENDPOINT": "http://127.0.0.1:9"}
    done = chorus.run(*GOAL, project)
    last = done.stderr.decode().rstrip("\n").rpartition("\n")[2]
    assert "start Ollama" in last and "RESETDATA_BASE_URL" in last and "127.0.0.1:9" in last
    assert b"preparing" not in done.stderr
