"""A foreign agent reaches a goal in the sandbox, by the real program: no stand-in but the model, a script."""

import json
from typing import Any

import pytest

from tests.integration.coordinator.program import Program
from tests.integration.gateway.conftest import KEY, Works, call
from tests.integration.providers.conftest import Scripted

pytestmark = [pytest.mark.bwrap, pytest.mark.slow]


def transcript(chorus: Program, task: dict[str, Any]) -> list[dict[str, Any]]:
    blob = task["result"]["thinking"]["transcript"]["sha256"]
    (found,) = (chorus.state_dir / "blobs").rglob(blob)
    return [json.loads(line) for line in found.read_bytes().splitlines()]


@pytest.mark.parametrize("how", ["openai", "openai stream", "anthropic", "anthropic stream"])
def test_an_agent_reaches_its_goal(chorus: Program, server: Scripted, works: Works, how: str) -> None:
    server.plays(
        [
            {"text": "I look.", **call("cat data.txt")},
            {**call("echo good > data.txt"), "expect": "bad"},
            {"text": "It is good now.", "usage": [30, 12]},
        ],
        key=KEY,
    )
    task = works(f"python3 agent.py {how}")
    result = task["result"]
    assert task["state"] == "succeeded", result
    thinking = result["thinking"]
    assert (thinking["steps"], thinking["models"]) == (3, ["resetdata/scripted"])
    assert thinking["reply_tokens"] > 12
    assert [step.get("verify", False) for step in result["steps"]] == [False, True]
    assert result["changes"]["modified"] == 1
    told = chorus.run("task", "logs", task["id"])
    assert b"agent: It is good now." in told.stdout
    assert b"[3] resetdata/scripted: 15 characters; 42 tokens" in told.stderr
    lines = transcript(chorus, task)
    assert [line["type"] for line in lines if line["type"] not in ("ask", "event")] == [
        "begin",
        "request",
        "request",
        "request",
        "end",
    ]
    assert [line["same"] for line in lines if line["type"] == "request"] == [0, 2, 4]
    chorus.assert_tidy()
