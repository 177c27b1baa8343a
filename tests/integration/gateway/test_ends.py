"""How the work of a foreign agent ends when it does not reach its goal: each ending with its own reason."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.integration.coordinator.program import Program, wait_for
from tests.integration.docker.conftest import BUSYBOX, PYTHON, engine
from tests.integration.gateway.conftest import Works, call
from tests.integration.providers.conftest import Scripted
from tests.no_mesh import NO_MESH

__all__ = ["engine"]  # a fixture of theirs
pytestmark = pytest.mark.slow

AGENT = "python3 agent.py openai stream"
CATCHES = "python3 agent.py openai || echo good > data.txt"


def ended(task: dict[str, Any]) -> tuple[str, str]:
    return task["state"], task["result"]["reason"]


@pytest.mark.bwrap
def test_an_agent_that_fails_is_told_by_its_code(works: Works) -> None:
    task = works("echo good > data.txt; exit 7")
    assert ended(task) == ("failed", "agent_failed")
    assert "ended with 7" in task["result"]["detail"]


@pytest.mark.bwrap
def test_an_agent_that_does_nothing_is_judged_by_verify(works: Works) -> None:
    assert ended(works("true")) == ("failed", "verify_failed")


@pytest.mark.bwrap
@pytest.mark.parametrize(
    ("option", "amount", "reason"), [("--steps", "2", "step_limit"), ("--tokens", "2000", "token_limit")]
)
def test_a_limit_is_told_to_the_agent_and_ends_the_task(
    server: Scripted, works: Works, option: str, amount: str, reason: str
) -> None:
    server.plays([{**call("true"), "usage": [900, 200]}], repeat=True)
    task = works(CATCHES, option, amount)
    assert ended(task) == ("failed", reason)
    assert task["result"]["thinking"]["steps"] == 2
    assert server.control("asked")[1:] == server.control("asked")[-1:], "the third request went nowhere"


@pytest.mark.bwrap
def test_an_agent_that_does_not_heed_a_limit_is_killed(server: Scripted, works: Works) -> None:
    server.plays([{**call("true")}], repeat=True)
    stubborn = "trap '' TERM; python3 agent.py anthropic; while :; do sleep 1; done"
    task = works(stubborn, "--steps", "1", "--timeout", "300")
    assert ended(task) == ("failed", "step_limit")
    assert task["result"]["usage"]["wall_s"] < 60


@pytest.mark.bwrap
def test_the_time_of_the_task_ends_an_agent(works: Works) -> None:
    assert ended(works("sleep 99", "--timeout", "1")) == ("failed", "timeout")


@pytest.mark.bwrap
def test_no_model_is_the_reason_when_none_answers(chorus: Program, works: Works) -> None:
    chorus.env["RESETDATA_BASE_URL"] = "http://127.0.0.1:9/v1"
    task = works(AGENT, "--timeout", "200")
    assert ended(task) == ("failed", "model_unavailable")


@pytest.mark.bwrap
def test_a_reply_that_breaks_off_is_told_in_the_stream(server: Scripted, works: Works) -> None:
    """What was passed on cannot be taken back, so the agent decides what follows."""
    server.plays([{"text": "word " * 40, "cut": 3}, "SUBMIT"])
    events = "python3 -c \"import agent, os; t = agent.OpenAI('x', True);" + (
        "print([e.get('error', {}).get('code') for e in agent.ask(t.url, t.headers, t.document, True)][-1])\""
    )
    task = works(f"test $({events}) = reply_cut && echo good > data.txt")
    assert ended(task) == ("succeeded", "exited")
    assert task["result"]["thinking"]["reply_tokens"] > 0


@pytest.mark.bwrap
def test_a_person_approves_the_start_of_the_agent(chorus: Program, project: Path) -> None:
    """Its own commands cannot be shown one by one: the start is what waits, and a no is a no."""
    chorus.env["CHORUS_APPROVE"] = "command"
    goal = ("run", "--goal", "g", "--verify", "true", "--json", "--agent", "touch started", "--source")
    with chorus.start(*goal, str(project)) as run:
        told: list[bytes] = []
        reader = threading.Thread(target=lambda: told.extend(run.communicate(timeout=60)))
        reader.start()
        seen: list[dict[str, Any]] = []

        def asks() -> bool:
            seen[:] = chorus.json("approve")["approvals"]
            return bool(seen)

        wait_for(asks, timeout_s=60)
        assert "touch started" in seen[0]["text"]
        chorus.json("deny", seen[0]["task"], "--digest", seen[0]["digest"], "--why", "not this one")
        reader.join(60)
    task = json.loads(told[0])
    assert ended(task) == ("failed", "denied")
    assert "not this one" in task["result"]["detail"]
    assert task["result"]["steps"] == []


@pytest.fixture
def in_docker(chorus: Program, engine: None) -> None:
    chorus.env |= {
        "CHORUS_SANDBOX": "docker",
        "CHORUS_PLUGINS_DISABLED": f"bwrap,{NO_MESH}",
        "CHORUS_IMAGE_PULL": "never",
    }


@pytest.mark.docker
@pytest.mark.parametrize("how", ["openai stream", "anthropic"])
def test_an_agent_reaches_its_goal_in_docker(
    in_docker: None, chorus: Program, server: Scripted, works: Works, how: str
) -> None:
    server.plays([call("echo good > data.txt"), "done"])
    task = works(f"python3 agent.py {how}", "--image", PYTHON)
    assert ended(task) == ("succeeded", "exited"), task["result"]
    chorus.assert_tidy()


@pytest.mark.docker
def test_an_image_without_python_is_an_honest_no(in_docker: None, works: Works) -> None:
    task = works("echo good > data.txt", "--image", BUSYBOX)
    assert ended(task) == ("failed", "agent_unavailable")
    assert "python3" in task["result"]["detail"]
