"""The scripted model, as a server of its own: reached over HTTP, as any other."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from contrib.eval.reply import Step

ROOT = Path(__file__).resolve().parents[2]
CONTEXT = 65536  # tokens; tasks are small, and compacting is not what is measured here


class Model:
    """A running server; `address` is what goes into OLLAMA_ENDPOINT."""

    def __init__(self, address: str) -> None:
        self.address = address

    def plays(self, steps: Sequence[Step]) -> None:
        """Begin another script."""
        body = json.dumps({"steps": list(steps), "context": CONTEXT}).encode()
        with urlopen(Request(f"{self.address}/_script", body, method="POST"), timeout=10):
            pass

    def asked(self) -> int:
        """How many chats were begun since."""
        return len(self._asked())

    def answered_at(self) -> list[float]:
        """When each answer began, in seconds of the monotonic clock."""
        return [told["answered_at"] for told in self._asked()]

    def _asked(self) -> list[dict[str, Any]]:
        with urlopen(f"{self.address}/_asked", timeout=10) as answer:
            found: list[dict[str, Any]] = json.load(answer)
            return found


@contextmanager
def model(scratch: Path) -> Iterator[Model]:
    """A server in a process of its own."""
    script = scratch / "nothing.json"
    script.write_text("[]", encoding="utf-8")
    command = [sys.executable, "-m", "contrib.scripted", str(script)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield Model(json.loads(server.stdout.readline())["ollama"])
        finally:
            server.terminate()
