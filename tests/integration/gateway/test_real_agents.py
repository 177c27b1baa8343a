"""Programs that other people wrote, in the sandbox: the official clients, and a whole agent. Needs wheels."""

import json
import shutil
from pathlib import Path

import pytest

from tests.integration.coordinator.program import Program
from tests.integration.gateway.conftest import HERE, Works
from tests.integration.providers.conftest import Scripted

pytestmark = [pytest.mark.llm, pytest.mark.bwrap, pytest.mark.slow]

SAID = "hello wörld, in several pieces"
CALL = {"calls": [{"name": "run", "arguments": {"line": "ls é"}}]}
BOTH = {
    "models": ["chorus", "resetdata/scripted"],
    "streamed": SAID,
    "used": [21, 8],
    "whole": SAID,
    "calls": [["run", {"line": "ls é"}]] * 2,
}


@pytest.fixture(autouse=True)
def shown(chorus: Program, packages: Path) -> None:
    chorus.env["CHORUS_BWRAP_RO"] = str(packages)


def test_the_official_clients_understand_the_gateway(
    chorus: Program, server: Scripted, works: Works, project: Path, packages: Path
) -> None:
    shutil.copy(HERE / "official_clients.py", project)
    server.plays([{"text": SAID, "usage": [21, 8]}, SAID, CALL, CALL] * 2)
    task = works("python3 official_clients.py && echo good > data.txt", "-e", f"PYTHONPATH={packages}")
    told = chorus.run("task", "logs", task["id"])
    assert task["state"] == "succeeded", told
    assert json.loads(told.stdout) == {
        "openai": {**BOTH, "finish": "tool_calls", "refused": "model_not_found"},
        "anthropic": {**BOTH, "finish": "tool_use", "counted": True, "refused": "not_found_error"},
    }


def test_mini_swe_agent_reaches_a_goal(
    chorus: Program, server: Scripted, works: Works, packages: Path
) -> None:
    """As it comes, by litellm: no network but the gateway, and no first-run questions."""

    def bash(line: str) -> dict[str, object]:
        return {"text": "I go on.", "calls": [{"name": "bash", "arguments": {"command": line}}]}

    server.plays(
        [
            bash("cat data.txt"),
            {**bash("sed -i s/bad/good/ data.txt && cat data.txt"), "expect": "bad"},
            {**bash("echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"), "expect": "good"},
        ]
    )
    own = {
        "PYTHONPATH": str(packages),
        "MSWEA_CONFIGURED": "true",
        "MSWEA_COST_TRACKING": "ignore_errors",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    task = works(
        "python3 -m minisweagent.run.mini -y --exit-immediately -l 0"
        ' -m openai/$CHORUS_MODEL -t "$CHORUS_GOAL" -o /tmp/trajectory.json',
        *(word for name, value in own.items() for word in ("-e", f"{name}={value}")),
    )
    assert task["state"] == "succeeded", chorus.run("task", "logs", task["id"])
    assert task["result"]["thinking"]["steps"] == 3
    changes = task["result"]["changes"]
    assert (changes["added"], changes["modified"]) == (0, 1), "what it keeps at home is no change"
