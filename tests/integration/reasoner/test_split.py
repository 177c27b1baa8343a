"""A goal that is split into parts, by the real program in real sandboxes. Only the model is a script.

With one slot the parts run one after the other, so one script in order is enough for all of them.
"""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from chorus_reasoner.replay import replay
from chorus_reasoner.transcript import check
from tests.integration.coordinator.program import Program, wait_for
from tests.integration.providers.conftest import Scripted, server

__all__ = ["server"]  # a fixture of theirs
pytestmark = [pytest.mark.bwrap, pytest.mark.slow]

GOAL = ("run", "--json", "--goal", "make both good", "--verify", "grep -q good a.txt && grep -q good b.txt")


@pytest.fixture
def chorus(tmp_path: Path, server: Scripted) -> Program:
    program = Program(tmp_path / "state")
    program.env |= {
        "CHORUS_AI_PROVIDERS": "resetdata",
        "RESETDATA_BASE_URL": server.openai,
        "CHORUS_MAX_TASKS": "1",
    }
    return program


@pytest.fixture
def project(tmp_path: Path) -> str:
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text("bad\n")
    return str(folder)


def run(line: str, **more: Any) -> dict[str, Any]:
    return {"calls": [{"name": "run", "arguments": {"command": line}}], **more}


def split(*parts: tuple[str, str]) -> dict[str, Any]:
    given = [{"goal": goal, "verify": [check]} for goal, check in parts]
    return {"calls": [{"name": "split", "arguments": {"parts": given}}]}


BOTH = split(("make a.txt good", "grep -q good a.txt"), ("make b.txt good", "grep -q good b.txt"))


def goal(chorus: Program, project: str, *more: str) -> dict[str, Any]:
    done = chorus.run(*GOAL, "--source", project, *more)
    assert done.stdout, done.stderr
    task: dict[str, Any] = json.loads(done.stdout)
    return task


def parts_of(chorus: Program, task: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for part in reversed(chorus.tasks()) if part["part_of"] == task["id"]]


def diff(chorus: Program, task: dict[str, Any]) -> str:
    return chorus.run("task", "diff", task["id"]).stdout.decode()


def test_two_parts_are_merged_and_the_whole_is_judged(
    chorus: Program, server: Scripted, project: str
) -> None:
    server.plays(
        [
            run("echo begun > c.txt"),
            BOTH,
            run("cat c.txt && echo good > a.txt", expect="make a.txt good"),
            "SUBMIT: a is good",
            run("grep -q bad a.txt && echo good > b.txt", expect="make b.txt good"),
            "SUBMIT: b is good",
            {
                "text": "SUBMIT: both are good",
                "expect": "Part 2: succeeded. It says: b is good\n  merged: b.txt",
            },
        ]
    )
    task = goal(chorus, project)
    assert task["state"] == "succeeded", task["result"]
    thinking = task["result"]["thinking"]
    assert (thinking["steps"], thinking["prompt_tokens"]) == (7, 7 * 11), "with what the parts used"
    told = diff(chorus, task)
    assert told.count("+good") == 2 and "+begun" in told
    parts = parts_of(chorus, task)
    assert [part["state"] for part in parts] == ["succeeded"] * 2
    assert [part["limits"]["steps"] for part in parts] == [16, 16], "a third of the 48 that were left"
    (file,) = chorus.state_dir.glob(f"**/{thinking['transcript']['sha256']}")
    lines = check(file.read_bytes().splitlines(keepends=True))
    assert replay(lines.lines).differs is None
    shown = chorus.run("task", "show", parts[0]["id"]).stdout.decode()
    assert f"part of    {task['id']}" in shown
    shown = chorus.run("task", "show", task["id"]).stdout.decode()
    assert parts[0]["id"] in shown and parts[1]["id"] in shown
    again = chorus.json("task", "replay", task["id"])
    assert (again["same"], again["run"]["reason"]) == (True, "exited"), again
    chorus.assert_tidy()


def test_of_two_parts_that_change_one_file_the_first_wins_and_the_rest_is_told(
    chorus: Program, server: Scripted, project: str
) -> None:
    server.plays(
        [
            BOTH,
            run("echo good > a.txt; echo one > both.txt"),
            "SUBMIT",
            run("echo good > b.txt; echo two > both.txt"),
            "SUBMIT",
            {"text": "SUBMIT", "expect": "not merged: both.txt, since part 1 changed it"},
        ]
    )
    task = goal(chorus, project)
    assert task["state"] == "succeeded", task["result"]
    assert "+one" in diff(chorus, task) and "+two" not in diff(chorus, task)
    assert "+two" in str(server.control("asked")), "the model was shown what was left out"


def test_a_part_that_fails_gives_nothing_and_says_why(
    chorus: Program, server: Scripted, project: str
) -> None:
    server.plays(
        [
            BOTH,
            "GIVE UP: too hard",
            run("echo good > b.txt"),
            "SUBMIT",
            run("echo good > a.txt", expect="Part 1: failed (gave_up): too hard"),
            "SUBMIT",
        ]
    )
    task = goal(chorus, project)
    assert task["state"] == "succeeded", task["result"]
    assert [part["state"] for part in parts_of(chorus, task)] == ["failed", "succeeded"]


def test_parts_of_parts_end_at_the_depth_that_is_set(chorus: Program, server: Scripted, project: str) -> None:
    chorus.env |= {"CHORUS_SPLIT_DEPTH": "1"}
    server.plays(
        [
            BOTH,
            {**BOTH, "expect": "make a.txt good"},
            run("echo good > a.txt", expect="cannot be split"),
            "SUBMIT",
            run("echo good > b.txt"),
            "SUBMIT",
            "SUBMIT",
        ]
    )
    task = goal(chorus, project)
    assert task["state"] == "succeeded", task["result"]
    assert len(chorus.tasks()) == 3


def test_more_tasks_than_a_goal_may_become_are_refused(
    chorus: Program, server: Scripted, project: str
) -> None:
    chorus.env |= {"CHORUS_SPLIT_TASKS": "2"}
    server.plays([BOTH, {"text": "GIVE UP: alone", "expect": "may have 2"}])
    task = goal(chorus, project)
    assert task["result"]["reason"] == "gave_up"
    assert len(chorus.tasks()) == 1


def test_the_same_split_over_and_over_is_stuck(chorus: Program, server: Scripted, project: str) -> None:
    given_up = ["GIVE UP: no", "GIVE UP: no"]
    server.plays([BOTH, *given_up, BOTH, *given_up, BOTH, *given_up])
    task = goal(chorus, project)
    assert task["result"]["reason"] == "stuck"


def slow(line: str = "sleep 60") -> list[Any]:
    return [BOTH, run(line), "SUBMIT"]


def test_cancelling_the_whole_cancels_its_parts(chorus: Program, server: Scripted, project: str) -> None:
    server.plays(slow())
    with chorus.start(*GOAL, "--source", project) as whole:
        try:
            wait_for(lambda: [task["state"] for task in chorus.tasks()].count("waiting") == 2, timeout_s=60)
            (task,) = [task for task in chorus.tasks() if task["part_of"] is None]
            assert (task["state"], task["waiting_for"]) == ("waiting", "dependency")
            chorus.json("task", "cancel", task["id"])
            whole.communicate(timeout=30)
        finally:
            whole.kill()
    assert [task["state"] for task in chorus.tasks()] == ["cancelled"] * 3
    chorus.assert_tidy()


def test_a_node_that_dies_takes_its_parts_with_it_and_begins_the_goal_again(
    chorus: Program, server: Scripted, project: str
) -> None:
    server.plays(slow())
    with chorus.start("agent") as node:
        wait_for(lambda: (chorus.state_dir / "api.json").exists(), timeout_s=60)
        chorus.run(*GOAL, "--source", project, "--detach")
        wait_for(lambda: [task["state"] for task in chorus.tasks()].count("running") == 1, timeout_s=60)
        node.send_signal(signal.SIGKILL)
    server.plays(
        [BOTH, run("echo good > a.txt"), "SUBMIT", run("echo good > b.txt"), "SUBMIT", "SUBMIT: in the end"]
    )
    with chorus.start("agent") as node:
        try:
            wait_for(
                lambda: all(task["state"] in ("succeeded", "failed", "cancelled") for task in chorus.tasks()),
                timeout_s=60,
            )
        finally:
            node.send_signal(signal.SIGTERM)
            node.communicate(timeout=30)
    (task,) = [task for task in chorus.tasks() if task["part_of"] is None]
    assert (task["state"], task["result"]["attempt"]) == ("succeeded", 2), task["result"]
    parts = parts_of(chorus, task)
    assert [part["state"] for part in parts][2:] == ["succeeded"] * 2
    assert {part["state"] for part in parts[:2]} <= {"failed", "cancelled"}
    chorus.assert_tidy()
