"""A goal is paused, steered and stopped by a budget at a real node: only the model is played, by a script."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chorus_reasoner.replay import replay
from chorus_reasoner.transcript import check
from contrib.bench.rig.client import API
from contrib.bench.rig.node import Node, until
from tests.integration.providers.conftest import Scripted, server

__all__ = ["server"]  # a fixture of theirs
pytestmark = [pytest.mark.bwrap, pytest.mark.slow]

SUBMIT = "SUBMIT: it is good"


@pytest.fixture
def node(tmp_path: Path, server: Scripted) -> Iterator[Node]:
    environment = {
        "CHORUS_SANDBOX": "bwrap",
        "CHORUS_AI_PROVIDERS": "resetdata",
        "RESETDATA_BASE_URL": server.openai,
        "CHORUS_BUDGET_TASK_FILE": str(tmp_path / "budget"),
    }
    (tmp_path / "budget").write_text("")
    made = Node(tmp_path / "state", environment)
    yield made
    made.end()


def run(line: str, **more: Any) -> dict[str, Any]:
    return {"calls": [{"name": "run", "arguments": {"command": line}}], **more}


def submit(node: Node) -> str:
    document = {"kind": "goal", "goal": "make it good", "verify": ["true"]}
    with node.client() as client:
        answer = client.ask("POST", f"{API}/tasks", document)
        assert answer.status == 202, answer.raw
        return str(answer.json["id"])


def told(node: Node, task: str, **fields: Any) -> dict[str, Any]:
    """The task, as soon as it is told so."""
    found: dict[str, Any] = {}

    def stands() -> bool:
        with node.client() as client:
            found.update(client.task(task))
        return fields.items() <= found.items()

    until(stands, 40, node.told)
    return found


def say(node: Node, *arguments: str) -> dict[str, Any]:
    done = node.chorus(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def transcript(node: Node, task: dict[str, Any]) -> list[bytes]:
    sha256 = task["result"]["thinking"]["transcript"]["sha256"]
    (file,) = node.state_dir.glob(f"**/{sha256}")
    return file.read_bytes().splitlines(keepends=True)


def test_a_paused_goal_stays_so_through_a_kill_and_then_its_model_hears_what_was_said(
    node: Node, server: Scripted
) -> None:
    node.environment = {**node.environment, "CHORUS_APPROVE": "command"}  # a place to pause it for certain
    server.plays([run("echo one"), run("echo one", expect="keep the public names"), SUBMIT])
    node.start()
    task = submit(node)
    told(node, task, state="waiting", waiting_for="approval")
    assert say(node, "task", "pause", task[:12])["waiting_for"] == "approval"
    (question,) = say(node, "approve")["approvals"]
    say(node, "approve", task, "--digest", question["digest"])
    told(node, task, state="waiting", waiting_for="paused", attempt=1)
    say(node, "task", "steer", task, "keep the public names")
    node.kill()
    node.start()
    told(node, task, state="waiting", waiting_for="paused", worker=None)
    assert len(server.control("asked")) == 1
    say(node, "task", "resume", task)
    ended = told(node, task, state="succeeded", attempt=2)
    asked = [str(one["asked"]["messages"]) for one in server.control("asked")]
    assert ["keep the public names" in messages for messages in asked] == [False, True, True]
    lines = check(transcript(node, ended))
    replayed = replay(lines.lines)
    assert (lines.ended, replayed.differs, replayed.steps) == (True, None, 2)
    kinds = [change["kind"] for change in changes(node, task)]
    assert kinds == [
        "submit",
        "assign",
        "ask",
        "pause",
        "answer",
        "steer",
        "lost",
        "resume",
        "assign",
        "result",
    ]
    late = node.chorus("task", "steer", task, "too late")
    assert (late.returncode, b"has ended: succeeded" in late.stderr) == (5, True)


def changes(node: Node, task: str) -> list[dict[str, Any]]:
    with node.client() as client:
        stream = client.get(f"{API}/events?follow=false&task={task}").raw.decode()
    return [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: ")]


def test_a_goal_whose_budget_is_used_up_goes_on_after_a_reload(node: Node, server: Scripted) -> None:
    budget = Path(node.environment["CHORUS_BUDGET_TASK_FILE"])
    budget.write_text("tokens=18\n")
    server.plays([run("echo one"), SUBMIT])
    node.start()
    task = submit(node)
    stands = told(node, task, state="waiting", waiting_for="budget", attempt=1)
    assert "this task is used up: 18 of 18 tokens" in stands["waiting_why"]
    shown = node.chorus("task", "show", task).stdout.decode()
    assert "waiting for budget" in shown and "raise CHORUS_BUDGET_TASK" in shown
    assert len(server.control("asked")) == 1
    with node.health() as client:
        assert "chorus_model_tokens_today 18" in client.get("/metrics").raw.decode()
    budget.write_text("tokens=1000\n")
    assert node.process is not None
    node.process.send_signal(signal.SIGHUP)
    told(node, task, state="succeeded", attempt=1)
    assert len(server.control("asked")) == 2
