"""One scripted server for all tests here, and a script for each of them."""

import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import trio

from chorus.testing.provider import Play

ROOT = Path(__file__).resolve().parents[3]
SECRET = "not-a-key-but-a-canary"

WHEELS = ROOT / ".cache" / "llm"
FETCH_S = 300


class Scripted:
    """The server, as a test steers it."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self.openai = addresses["openai"]
        self.ollama = addresses["ollama"]

    def plays(self, steps: Sequence[Any], **how: Any) -> None:
        """Begin a script."""
        body = json.dumps({"steps": list(steps), **how}).encode()
        urllib.request.urlopen(f"{self.ollama}/_script", body, timeout=10).close()

    def control(self, name: str) -> Any:
        """What it tells of itself."""
        with urllib.request.urlopen(f"{self.ollama}/_{name}", timeout=10) as answer:
            return json.load(answer)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripted]:
    script = tmp_path_factory.mktemp("scripted") / "script.json"
    script.write_text("[]")
    command = [sys.executable, "-m", "contrib.scripted", str(script)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Scripted(json.loads(process.stdout.readline()))
        finally:
            process.terminate()


@pytest.fixture
def scripted(server: Scripted) -> Scripted:
    """The server, with a model that talks and talks."""
    server.plays([{"text": "word after word " * 20, "pause": 0.001}], repeat=True)
    return server


@pytest.fixture
def play(scripted: Scripted) -> Play:
    async def plays(steps: Sequence[Any]) -> None:
        await trio.to_thread.run_sync(scripted.plays, steps)

    return plays


@pytest.fixture(scope="session")
def llm_python() -> Path:
    """A Python that has llama.cpp, gguf and the official clients; made once, skipped where there is none."""
    python = WHEELS / "bin" / "python"
    if not (WHEELS / "ready").exists():
        shutil.rmtree(WHEELS, ignore_errors=True)
        pip: list[str | Path] = [python, "-m", "pip", "install", "-q", "--only-binary", ":all:"]
        commands: tuple[list[str | Path], ...] = (
            [sys.executable, "-m", "venv", WHEELS],
            [*pip, "--no-deps", "xllamacpp"],
            [*pip, "gguf", "numpy", "openai", "ollama"],
        )
        try:
            for command in commands:
                subprocess.run(command, check=True, timeout=FETCH_S, capture_output=True)
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"the wheels of llama.cpp or of the official clients cannot be had: {error}")
        (WHEELS / "ready").touch()
    return python
