"""A run through the recorder, once more from the file: the same goal, the same result."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.coordinator.program import Program
from tests.integration.providers.conftest import ROOT, SECRET, Scripted

GOAL = ("run", "--goal", "make data.txt good", "--verify", "grep -q good data.txt", "--source")


@contextmanager
def served(*arguments: str | Path) -> Iterator[dict[str, str]]:
    """A process of contrib.scripted, and where it listens."""
    command = [sys.executable, "-m", "contrib.scripted", *map(str, arguments)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def goal(state_dir: Path, project: Path, wire: str, addresses: dict[str, str]) -> dict[str, Any]:
    chorus = Program(state_dir)
    if wire == "openai":
        chorus.env |= {"CHORUS_AI_PROVIDERS": "resetdata", "RESETDATA_BASE_URL": addresses["openai"]}
        chorus.env |= {"RESETDATA_API_KEY": SECRET}
    else:
        chorus.env |= {"CHORUS_AI_PROVIDERS": "ollama", "OLLAMA_ENDPOINT": addresses["ollama"]}
    task: dict[str, Any] = chorus.json(*GOAL, str(project))
    return task


def told(task: dict[str, Any]) -> tuple[Any, ...]:
    """What has to be the same: not the times, and not the transcript, which has them."""
    result, thinking = task["result"], task["result"]["thinking"]
    steps = [(step["action"], step["exit_code"], step["verify"]) for step in result["steps"]]
    used = [thinking[name] for name in ("steps", "prompt_tokens", "reply_tokens", "models", "summary")]
    return task["state"], result["reason"], result["changes"], steps, used


@pytest.mark.bwrap
@pytest.mark.parametrize("wire", ["openai", "ollama"])
def test_a_recorded_run_is_a_test(server: Scripted, tmp_path: Path, wire: str) -> None:
    project, recording = tmp_path / "project", tmp_path / "run.json"
    project.mkdir()
    (project / "data.txt").write_text("bad\n")
    server.plays(
        [
            "I think about it.",
            {"status": 429, "headers": {"retry-after": "0"}, "error": "slow down"},
            {"text": "this breaks off in the middle", "cut": 1},
            {"calls": [{"name": "run", "arguments": {"command": "cat data.txt"}}], "usage": [100, 9]},
            {"calls": [{"name": "edit", "arguments": {"path": "data.txt", "old": "bad", "new": "good"}}]},
            "SUBMIT: it is good",
        ],
        context=32_000,
        key=SECRET if wire == "openai" else "",
    )
    upstream = server.openai if wire == "openai" else server.ollama
    with served("record", "--upstream", upstream, "--out", recording) as addresses:
        first = goal(tmp_path / "first", project, wire, addresses)
    server.plays([])
    assert first["state"] == "succeeded"
    script = json.loads(recording.read_text())
    assert (len(script["steps"]), script["model"], script["context"]) == (6, "scripted", 32_000)
    with served("serve", recording) as addresses:
        assert told(goal(tmp_path / "again", project, wire, addresses)) == told(first)
    assert server.control("asked") == []


def test_no_key_is_written_even_if_the_server_repeats_it(server: Scripted, tmp_path: Path) -> None:
    server.plays(["never said"], key="another")
    recording = tmp_path / "run.json"
    with served("record", "--upstream", server.openai, "--out", recording) as addresses:
        answer = ask(f"{addresses['openai']}/chat/completions")
    assert SECRET in answer, "the server has to repeat it for this to be a test"
    text = recording.read_text()
    assert SECRET not in text and "[key]" in text
    assert json.loads(text)["steps"][0]["status"] == 401


def test_a_server_that_is_not_there_is_a_step_too(tmp_path: Path) -> None:
    recording = tmp_path / "run.json"
    with served("record", "--upstream", "http://127.0.0.1:9", "--out", recording) as addresses:
        assert "does not answer" in ask(f"{addresses['openai']}/chat/completions")
    assert json.loads(recording.read_text())["steps"][0]["status"] == 502


def test_a_file_that_is_no_script_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('[{"text": 5}]')
    command = [sys.executable, "-m", "contrib.scripted", "serve", str(tmp_path / "s.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "text cannot be 5" in done.stderr


def ask(url: str) -> str:
    """What a chat is answered, whatever the status."""
    import urllib.error
    import urllib.request

    body = json.dumps({"model": "scripted", "messages": [{"role": "user", "content": "hi"}]}).encode()
    request = urllib.request.Request(url, body, {"Authorization": f"Bearer {SECRET}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(answer.read())
    except urllib.error.HTTPError as refused:
        return str(refused.read())
