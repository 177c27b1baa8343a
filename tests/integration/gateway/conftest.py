"""A project with an agent in it, and the real program that lets the agent work on it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.coordinator.program import Program
from tests.integration.providers.conftest import Scripted, llm_python, server

__all__ = ["llm_python", "server"]  # fixtures of theirs

HERE = Path(__file__).parent
KEY = "not-a-key-but-the-canary-of-the-gateway"
VERIFY = "grep -q good data.txt"


@pytest.fixture
def chorus(tmp_path: Path, server: Scripted) -> Program:
    program = Program(tmp_path / "state")
    program.env |= {
        "CHORUS_AI_PROVIDERS": "resetdata",
        "RESETDATA_BASE_URL": server.openai,
        "RESETDATA_API_KEY": KEY,
    }
    return program


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "data.txt").write_text("bad\n")
    shutil.copy(HERE / "agent.py", folder)
    return folder


Works = Callable[..., dict[str, Any]]


@pytest.fixture
def works(chorus: Program, project: Path) -> Works:
    """Let an agent work on the goal; gives the task."""

    def run(agent: str, *options: str) -> dict[str, Any]:
        goal = ("run", "--goal", "make data.txt good", "--verify", VERIFY, "--json")
        done = chorus.run(*goal, "--agent", agent, *options, "--source", str(project))
        task: dict[str, Any] = json.loads(done.stdout)
        assert "result" in task, (task, done.stderr)
        return task

    return run


def call(command: str) -> dict[str, Any]:
    """A step of the script: the tool of our small agent is called."""
    return {"calls": [{"name": "shell", "arguments": {"command": command}}]}
