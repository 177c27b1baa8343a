"""A project with an agent in it, and the real program that lets the agent work on it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.coordinator.program import Program
from tests.integration.providers.conftest import FETCH_S, ROOT, Scripted, server

__all__ = ["server"]  # a fixture of theirs

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


PYTHON = "/usr/bin/python3"
PACKAGES = ROOT / ".cache" / "agents"
WANTED = (
    *("openai", "anthropic", "litellm", "pyyaml", "requests", "jinja2", "pydantic", "tenacity", "rich"),
    *("python-dotenv", "typer", "platformdirs", "textual", "prompt-toolkit"),
)
"""The official clients, and what mini-swe-agent imports: its data sets are hundreds of megabytes more."""


@pytest.fixture(scope="session")
def packages() -> Path:
    """The official clients and a real agent, for the Python that a sandbox sees; fetched once."""
    if not (PACKAGES / "ready").exists():
        shutil.rmtree(PACKAGES, ignore_errors=True)
        into = [sys.executable, "-m", "pip", "--python", PYTHON, "install", "-q", "--only-binary", ":all:"]
        try:
            for wanted in (WANTED, ("--no-deps", "mini-swe-agent")):
                command: list[str | Path] = [*into, "--target", PACKAGES, *wanted]
                subprocess.run(command, check=True, timeout=FETCH_S, capture_output=True)
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"the wheels of the official clients or of an agent cannot be had: {error}")
        (PACKAGES / "ready").touch()
    return PACKAGES


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
