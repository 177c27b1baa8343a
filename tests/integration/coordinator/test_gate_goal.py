"""A goal asks before each command, by the real program: no stand-in but the model, which is a script."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.integration.coordinator.program import Program, wait_for
from tests.integration.providers.conftest import Scripted, server

__all__ = ["server"]  # a fixture of theirs
pytestmark = [pytest.mark.bwrap, pytest.mark.slow]

GOAL = ("run", "--goal", "make data.txt good", "--verify", "grep -q good data.txt", "--json", "--source")


@pytest.fixture
def chorus(tmp_path: Path, server: Scripted) -> Program:
    program = Program(tmp_path / "state")
    program.env |= {
        "CHORUS_AI_PROVIDERS": "resetdata",
        "RESETDATA_BASE_URL": server.openai,
        "CHORUS_APPROVE": "command",
    }
    return program


@pytest.fixture
def project(tmp_path: Path) -> str:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "data.txt").write_text("bad\n")
    return str(folder)


def command(line: str) -> dict[str, Any]:
    return {"calls": [{"name": "run", "arguments": {"command": line}}]}


def answered(chorus: Program, project: str, verbs: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Run the goal, and answer what it asks in turn, by other processes; gives the task, and the texts."""
    texts: list[str] = []
    with chorus.start(*GOAL, project) as run:
        told: list[bytes] = []
        reader = threading.Thread(target=lambda: told.extend(run.communicate(timeout=120)))
        reader.start()
        try:
            for verb in verbs:
                seen: list[dict[str, Any]] = []

                def asks(seen: list[dict[str, Any]] = seen) -> bool:
                    seen[:] = chorus.json("approve")["approvals"]
                    return bool(seen)

                wait_for(asks, timeout_s=60)
                (question,) = seen
                texts.append(question["text"])
                chorus.json(verb, question["task"], "--digest", question["digest"], "--why", "I say so")
            reader.join(60)
        finally:
            run.kill()
            reader.join(20)
    task: dict[str, Any] = json.loads(told[0])
    return task, texts


def test_what_is_approved_is_done(chorus: Program, server: Scripted, project: str) -> None:
    server.plays([command("echo good > data.txt"), "SUBMIT: it is good"])
    task, (text,) = answered(chorus, project, ["approve"])
    assert task["state"] == "succeeded", task["result"]
    assert "echo good > data.txt" in text
    chorus.assert_tidy()


def test_what_is_denied_is_not_done_and_the_reason_reaches_the_model(
    chorus: Program, server: Scripted, project: str
) -> None:
    server.plays(
        [
            command("rm data.txt"),
            {**command("echo good > data.txt"), "expect": "I say so"},
            "SUBMIT: it is good",
        ]
    )
    task, texts = answered(chorus, project, ["deny", "approve"])
    assert task["state"] == "succeeded", task["result"]
    assert ["rm data.txt" in text for text in texts] == [True, False]
    assert task["result"]["changes"]["deleted"] == []
