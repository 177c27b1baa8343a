"""A goal that is ended from the outside keeps its transcript, as far as it came."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chorus_reasoner.transcript import check
from tests.integration.coordinator.program import Program, wait_for
from tests.integration.providers.conftest import Scripted, server

__all__ = ["server"]  # a fixture of theirs
pytestmark = pytest.mark.bwrap

GOAL = ("run", "--goal", "make data.txt good", "--verify", "grep -q good data.txt", "--source")
RUN = {"calls": [{"name": "run", "arguments": {"command": "cat data.txt"}}]}
SILENCE = {"text": "hm", "sleep": 60}


@pytest.fixture
def chorus(tmp_path: Path, server: Scripted) -> Program:
    program = Program(tmp_path / "state")
    program.env |= {"CHORUS_AI_PROVIDERS": "resetdata", "RESETDATA_BASE_URL": server.openai}
    return program


@pytest.fixture
def thinking(chorus: Program, server: Scripted, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`chorus run`, a step done, and the model silent over the next one."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "data.txt").write_text("bad\n")
    server.plays([RUN, SILENCE])
    process = chorus.start(*GOAL, str(folder))
    try:
        wait_for(lambda: len(server.control("asked")) == 2)
        yield process
    finally:
        process.kill()
        process.communicate(timeout=30)


def interrupted(chorus: Program, process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)


def cancelled(chorus: Program, process: subprocess.Popen[bytes]) -> None:
    (task,) = chorus.tasks()
    assert chorus.run("task", "cancel", task["id"]).returncode == 0
    process.communicate(timeout=30)


def killed(chorus: Program, process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate(timeout=30)


@pytest.mark.parametrize("end", [interrupted, cancelled, killed])
def test_the_transcript_is_kept_and_named(
    chorus: Program,
    thinking: subprocess.Popen[bytes],
    end: Callable[[Program, subprocess.Popen[bytes]], None],
) -> None:
    end(chorus, thinking)
    (task,) = chorus.tasks()
    task = chorus.json("task", "show", task["id"])
    assert task["result"]["reason"] in ("cancelled", "interrupted")
    artifact = task["result"]["thinking"]["transcript"]
    (file,) = chorus.state_dir.glob(f"**/{artifact['sha256']}")
    checked = check(file.read_bytes().splitlines(keepends=True))
    assert (checked.first_bad, checked.ended) == (None, False)
    assert [line["type"] for line in checked.lines] == ["begin", "ask", "event", "effect", "event", "ask"]
    assert artifact["sha256"][:12].encode() in chorus.run("task", "show", task["id"]).stdout
    replay: dict[str, Any] = chorus.json("task", "replay", task["id"])
    assert (replay["same"], replay["whole"], replay["run"], replay["lines"]) == (True, False, None, 6)
    chorus.assert_tidy()
