"""A person answers what a task asks: real nodes, real commands, and what a kill leaves of it.

The task that asks is played by a stand-in, see `tests/asking/plugin.py`.
"""

import json
import os
import pty
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from contrib.bench.rig import null_sandbox
from contrib.bench.rig.client import API
from contrib.bench.rig.node import Node, until
from tests.asking import site as asking

NULL = ["sandbox:null"]
FAILPOINT = "CHORUS_FAILPOINT"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asking.install(null_sandbox.install(tmp_path_factory.mktemp("asking")))


@pytest.fixture
def node(site: Path, tmp_path: Path) -> Iterator[Node]:
    made = Node(tmp_path / "state", {**asking.ENVIRONMENT, "CHORUS_NULL_SANDBOX": "yes"}, site)
    yield made
    made.end()


def submit(node: Node, line: str = "true", **fields: Any) -> str:
    with node.client() as client:
        answer = client.submit(line, title="ask", requires=NULL, **fields)
        assert answer.status == 202, answer.raw
        return str(answer.json["id"])


def waiting(node: Node) -> list[dict[str, Any]]:
    with node.client() as client:
        found: list[dict[str, Any]] = client.get(f"{API}/approvals").json["approvals"]
        return found


def asked(node: Node, task: str) -> dict[str, Any]:
    """The question of a task, as soon as it is open."""
    until(lambda: task in [one["task"] for one in waiting(node)], 20, node.told)
    (question,) = [one for one in waiting(node) if one["task"] == task]
    return question


def ended(node: Node, task: str, state: str) -> dict[str, Any]:
    with node.client() as client:
        until(lambda: client.task(task)["ended_at"] is not None, 20, node.told)
        found: dict[str, Any] = client.task(task)
    assert found["state"] == state, found
    return found


def told(node: Node, *arguments: str) -> Any:
    done = node.chorus(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def facts(node: Node, type: str) -> list[dict[str, Any]]:
    """What the journal has of one type."""
    entries = node.chorus("log", "show", "--type", type, "--json").stdout.splitlines()
    return [json.loads(entry)["data"] for entry in entries]


def test_a_person_says_yes_on_the_command_line_through_the_node(node: Node) -> None:
    node.start()
    task = submit(node)
    question = asked(node, task)
    assert told(node, "approve") == {"approvals": [question]}
    assert told(node, "status")["approvals"] == 1
    assert told(node, "task", "list", "--state", "waiting")["tasks"][0]["waiting_for"] == "approval"
    assert b"waiting (approval)" in node.chorus("task", "list").stdout
    assert f"answer     chorus approve {task}\n".encode() in node.chorus("task", "show", task).stdout
    assert b"1 waits for a person" in node.chorus("status").stdout
    unnamed = node.chorus("approve", task)
    assert unnamed.returncode == 2
    assert b"no terminal" in unnamed.stderr
    wrong = node.chorus("approve", task, "--digest", "0" * 64)
    assert (wrong.returncode, len(waiting(node))) == (5, 1)
    answered = told(node, "approve", task[:8], "--digest", question["digest"][:8], "--why", "it is harmless")
    assert answered == {**question, "approved": True}
    ended(node, task, "succeeded")
    late = node.chorus("deny", task, "--digest", question["digest"])
    assert (late.returncode, b"has its answer: yes" in late.stderr) == (5, True)
    assert [fact["text"] for fact in facts(node, "approval.asked")] == ["true"]
    assert [fact["why"] for fact in facts(node, "approval.answered")] == ["it is harmless"]


def test_a_run_without_a_node_is_answered_by_another_process(node: Node) -> None:
    command = [sys.executable, "-m", "chorus", "run", "--sandbox", "null", "--name", "ask", "--", "true"]
    with subprocess.Popen(command, env=node.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        try:
            until(lambda: bool(told(node, "approve")["approvals"]), 20)
            (question,) = told(node, "approve")["approvals"]
            told(node, "deny", question["task"], "--digest", question["digest"], "--why", "no")
            _, err = run.communicate(timeout=20)
        finally:
            run.kill()
    assert run.returncode == 1, err
    assert told(node, "task", "show", question["task"])["result"]["reason"] == "denied"


def test_the_events_tell_what_is_asked_and_answered(node: Node) -> None:
    node.start()
    task = submit(node)
    question = asked(node, task)
    with node.client() as client:
        said = client.ask("POST", f"{API}/tasks/{task}/deny", {"digest": question["digest"]})
        assert (said.status, said.json) == (200, {**question, "approved": False})
        assert ended(node, task, "failed")["result"]["reason"] == "denied"
        stream = client.get(f"{API}/events?follow=false&task={task}").raw.decode()
    changes = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: ")]
    assert [(change["kind"], change["state"]) for change in changes] == [
        ("submit", "waiting"),
        ("assign", "assigned"),
        ("ask", "waiting"),
        ("answer", "running"),
        ("result", "failed"),
    ]


@pytest.mark.parametrize("failpoint", ["", "coordinator.gate.asked"])
def test_a_kill_while_a_question_is_open_closes_it_and_the_next_attempt_asks_again(
    node: Node, failpoint: str
) -> None:
    """At any moment, or at the first: the question is on the disk, and nobody has seen it."""
    usual = node.environment
    node.environment = {**usual, FAILPOINT: failpoint} if failpoint else usual
    node.start()
    task = submit(node)
    if not failpoint:
        asked(node, task)
        node.kill()
    assert node.process is not None
    assert node.process.wait(20) != 0
    node.environment = usual
    (fact,) = facts(node, "approval.asked")
    question = {"digest": fact["digest"]}
    assert told(node, "approve") == {"approvals": []}
    dead = node.chorus("approve", task, "--digest", question["digest"])
    assert (dead.returncode, b"asks nothing" in dead.stderr) == (4, True)
    node.start()
    again = asked(node, task)
    assert (again["attempt"], again["digest"]) == (2, question["digest"])
    told(node, "approve", task, "--digest", again["digest"])
    assert ended(node, task, "succeeded")["attempt"] == 2


@pytest.mark.parametrize(("verb", "state"), [("approve", "succeeded"), ("deny", "failed")])
def test_a_kill_after_the_answer_loses_no_answer(node: Node, verb: str, state: str) -> None:
    usual = node.environment
    node.environment = {**usual, FAILPOINT: "coordinator.gate.answered"}
    node.start()
    task = submit(node)
    question = asked(node, task)
    node.chorus(verb, task, "--digest", question["digest"])  # its node may be gone before it hears
    assert node.process is not None
    assert node.process.wait(20) != 0
    node.environment = usual
    node.start()
    assert ended(node, task, state)["attempt"] == 2
    assert len(facts(node, "approval.asked")) == 1, "nobody is asked twice"


def test_no_answer_in_time_is_a_no(node: Node) -> None:
    node.start()
    result = ended(node, submit(node, env={"ASK_S": "0.3"}), "failed")["result"]
    assert (result["reason"], result["detail"]) == ("denied", "nobody answered in time")


def test_a_node_that_asks_stops_at_once_and_a_cancelled_task_asks_no_more(node: Node) -> None:
    node.start()
    kept, cancelled = submit(node, "sleep 1"), submit(node, "sleep 2")
    asked(node, kept)
    asked(node, cancelled)
    with node.client() as client:
        assert client.ask("POST", f"{API}/tasks/{cancelled}/cancel").json["state"] == "cancelled"
    assert [one["task"] for one in waiting(node)] == [kept]
    assert node.stop() < 2.0
    shown = told(node, "task", "show", kept)
    assert (shown["state"], shown["waiting_for"]) == ("waiting", "capacity")


def on_terminal(node: Node, said: bytes, *arguments: str) -> tuple[int, bytes]:
    """Run a command on a terminal, and type."""
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "chorus", *arguments],
            env=node.env,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        ) as process:
            os.close(theirs)
            os.write(ours, said)
            shown = b""
            try:
                while piece := os.read(ours, 1 << 16):
                    shown += piece
            except OSError:  # how a terminal says that the other side is gone
                pass
            return process.wait(20), shown
    finally:
        os.close(ours)


def test_on_a_terminal_it_is_shown_whole_and_harmless_before_it_is_asked(node: Node) -> None:
    line = "echo one\n\x1b[2Jdigest 00\r\u202etwo"
    node.start()
    task = submit(node, line)
    asked(node, task)
    code, shown = on_terminal(node, b"n\n", "approve", task)
    assert (code, len(waiting(node))) == (1, 1)
    assert b"  | echo one\r\n" in shown
    assert b"  | \\x1b[2Jdigest 00\\r\\u202etwo\r\n" in shown
    code, shown = on_terminal(node, b"y\n", "approve", task)
    assert code == 0, shown
    ended(node, task, "succeeded")


@pytest.mark.slow
def test_kills_at_random_moments_turn_no_answer(node: Node) -> None:
    """Whoever was told that an answer counts sees it in the end, and each question has one answer."""
    dice = random.Random(7)
    tasks: list[str] = []
    told_to_count: dict[str, bool] = {}
    for _ in range(6):
        node.start()
        tasks += [submit(node) for _ in range(2)]
        killer = threading.Timer(dice.uniform(0.05, 0.8), node.kill)
        killer.start()
        while killer.is_alive():
            with suppress(OSError, HTTPException):  # it was killed meanwhile
                told_to_count |= answer_all(node, lambda: dice.random() < 0.5)
        killer.join()
    node.start()
    with node.client() as client:
        while any(client.task(task)["ended_at"] is None for task in tasks):
            told_to_count |= answer_all(node, lambda: True)
        states = {task: client.task(task)["state"] for task in tasks}
    counted = facts(node, "approval.answered")
    answers = {fact["task"]: fact["approved"] for fact in counted}
    assert len(counted) == len(answers) == len(tasks)
    assert answers.items() >= told_to_count.items()
    assert states == {task: "succeeded" if approved else "failed" for task, approved in answers.items()}


def answer_all(node: Node, approve: Callable[[], bool]) -> dict[str, bool]:
    """Answer what waits; gives the answers of which the node says that they count."""
    counted: dict[str, bool] = {}
    for question in waiting(node):
        approved = approve()
        path = f"{API}/tasks/{question['task']}/{'approve' if approved else 'deny'}"
        with suppress(OSError, HTTPException), node.client() as client:
            if client.ask("POST", path, {"digest": question["digest"]}).status == 200:
                counted[question["task"]] = approved
    return counted
