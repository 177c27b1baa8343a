"""The scripted server speaks the real protocols: the official clients understand it."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.integration.providers.conftest import SECRET, Scripted

PROGRAM = Path(__file__).parent / "llm" / "official_clients.py"
SAID = "hello wörld, in several pieces"
STEPS = [
    {"text": SAID, "usage": [21, 8]},
    {"text": SAID},
    {"calls": [{"name": "run", "arguments": {"line": "ls é"}}]},
    {"status": 429, "headers": {"Retry-After": "7"}, "error": "slow down"},
]
BOTH = {
    "models": ["scripted"],
    "streamed": SAID,
    "used": [21, 8],
    "whole": SAID,
    "finish": "stop",
    "call": ["run", {"line": "ls é"}],
}


@pytest.mark.llm
@pytest.mark.slow
def test_the_official_clients_understand_the_scripted_server(scripted: Scripted, llm_python: Path) -> None:
    scripted.plays(STEPS * 2, key=SECRET)
    command = [str(llm_python), str(PROGRAM), scripted.openai, scripted.ollama, SECRET]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "openai": {**BOTH, "refused": [429, "7"]},
        "ollama": {**BOTH, "context": 8192, "refused": [429, "slow down"]},
    }
