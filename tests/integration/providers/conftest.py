"""One scripted server for all tests here, and a script for each of them."""

import json
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
