"""`chorus prompts` by the real program."""

import json
from pathlib import Path

import pytest

from tests.integration.coordinator.program import Program


@pytest.fixture
def chorus(tmp_path: Path) -> Program:
    return Program(tmp_path / "state")


def test_roles_are_listed_and_shown(chorus: Program) -> None:
    roles = {role["id"]: role for role in chorus.json("prompts", "list")["roles"]}
    assert roles["developer"]["source"] == "built-in"
    shown = chorus.json("prompts", "show", "developer")
    assert shown["prompt_sha256"] == roles["developer"]["prompt_sha256"]
    assert chorus.run("prompts", "show", "developer").stdout.decode() == shown["prompt"]
    assert not chorus.state_dir.exists()


def test_an_unknown_role_is_not_found(chorus: Program) -> None:
    done = chorus.run("prompts", "show", "king")
    assert (done.returncode, b"the roles are architect" in done.stderr) == (4, True)


def test_everything_that_is_wrong_is_told_at_once(chorus: Program, tmp_path: Path) -> None:
    assert chorus.json("prompts", "check")["ok"] is True
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    (prompts / "a.yaml").write_text("roles: {one: {}, two: {system_prompt: 2}}")
    (prompts / "b.yaml").write_text("roles: [")
    chorus.env["CHORUS_PROMPTS_DIR"] = str(prompts)
    done = chorus.run("prompts", "check", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["ok"]) == (1, False)
    assert len(document["faults"]) >= 3
    listed = chorus.run("prompts", "list")
    assert (listed.returncode, b"chorus prompts check" in listed.stderr) == (78, True)
