"""`chorus doctor` says which models there are, and what to do where there are none."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.integration.providers.conftest import SECRET, Scripted


def findings(state_dir: Path, **environment: str) -> tuple[str, dict[str, dict[str, str]]]:
    done = subprocess.run(
        [sys.executable, "-m", "chorus", "--state-dir", str(state_dir), "doctor", "--json"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    told = json.loads(done.stdout)
    return done.stdout + done.stderr, {check["name"]: check for check in told["findings"]}


def test_doctor_names_the_models_and_not_the_key(scripted: Scripted, tmp_path: Path) -> None:
    scripted.plays([], key=SECRET)
    said, checks = findings(
        tmp_path,
        OLLAMA_ENDPOINT="http://127.0.0.1:1",
        RESETDATA_BASE_URL=scripted.openai,
        RESETDATA_API_KEY=SECRET,
    )
    assert checks["resetdata"]["status"] == "ok"
    assert checks["resetdata"]["text"].endswith("answers: scripted")
    assert checks["ollama"]["status"] == "warning"
    assert "OLLAMA_ENDPOINT" in checks["ollama"]["cure"]
    assert SECRET not in said


def test_a_provider_that_nobody_asked_for_is_no_fault(scripted: Scripted, tmp_path: Path) -> None:
    _, checks = findings(tmp_path, RESETDATA_BASE_URL=scripted.openai)
    assert (checks["ollama"]["status"], checks["models"]["status"]) == ("ok", "ok")
    assert "resetdata/scripted" in checks["models"]["text"]


def test_without_any_model_there_is_one_warning_with_the_cure(tmp_path: Path) -> None:
    _, checks = findings(tmp_path)
    told = [checks[name]["status"] for name in ("ollama", "resetdata", "models")]
    assert told == ["ok", "ok", "warning"]
    assert "start Ollama" in checks["models"]["cure"]


def test_doctor_tells_of_a_key_that_is_not_good(scripted: Scripted, tmp_path: Path) -> None:
    scripted.plays([], key="another")
    said, checks = findings(
        tmp_path,
        RESETDATA_BASE_URL=scripted.openai,
        RESETDATA_API_KEY=SECRET,
        OLLAMA_ENDPOINT=scripted.ollama,
    )
    assert checks["resetdata"]["status"] == "warning"
    assert "RESETDATA_API_KEY" in checks["resetdata"]["cure"]
    assert checks["ollama"]["status"] == "warning"
    assert SECRET not in said
