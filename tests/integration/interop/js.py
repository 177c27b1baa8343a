"""The js-libp2p peer of contrib/interop: JSON lines in, JSON lines out."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest

from contrib.bench.rig.node import until

PLACE = Path(__file__).parents[3] / "contrib" / "interop"
ANSWER_S = 40.0
"""Longer than the peer itself waits for a node."""


def needed() -> None:
    """Skip where no Node is; where one is and its modules are not, that is a failure in strict mode."""
    node = shutil.which("node")
    told = subprocess.run([node, "--version"], capture_output=True, text=True).stdout if node else "v0"
    if int(told.strip().removeprefix("v").split(".")[0]) < 20:
        pytest.skip("needs Node 20")
    if not (PLACE / "node_modules").is_dir():
        reason = "needs `npm ci --ignore-scripts` in contrib/interop"
        if os.environ.get("CHORUS_TEST_STRICT") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


class Js:
    """The peer, once it is up."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._said: Queue[dict[str, Any]] = Queue()
        self.messages: list[dict[str, Any]] = []
        threading.Thread(target=self._listen, daemon=True).start()
        self.peer_id = str(self.next()["peer"])

    def do(self, what: str, **more: str) -> dict[str, Any]:
        """Have it do something; returns what came of it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": what, **more}) + "\n")
        self._process.stdin.flush()
        said = self.next()
        assert said["event"] == what, said
        return said

    def next(self) -> dict[str, Any]:
        try:
            return self._said.get(timeout=ANSWER_S)
        except Empty:
            raise AssertionError("the js peer says nothing") from None

    def until(self, holds: Callable[[], bool]) -> None:
        until(holds, ANSWER_S, lambda: str(self.messages))

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            if said["event"] == "message":
                self.messages.append(said)
            else:
                self._said.put(said)


@contextmanager
def js_peer(key: str) -> Iterator[Js]:
    """A peer with this key of the wire, in 64 hex digits."""
    with subprocess.Popen(
        ["node", "peer.mjs", key], cwd=PLACE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Js(process)
        finally:
            process.kill()
