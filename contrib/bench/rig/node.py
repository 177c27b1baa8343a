"""A real `chorus agent` in a process of its own, on a state dir of its own, on ports that are free."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contrib.bench.rig.client import Client

START_S = 30.0
STOP_S = 20.0


@dataclass
class Node:
    """`chorus agent` on `state_dir`. Its log goes to `log`; `site` is a directory with plugins."""

    state_dir: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    site: Path | None = None
    wrapper: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.state_dir.with_name(f"{self.state_dir.name}.log")

    @property
    def env(self) -> dict[str, str]:
        """What the node sees: nothing of the caller's own settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CHORUS_")}
        kept.pop("PYTHONDONTWRITEBYTECODE", None)
        where = {"PYTHONPATH": str(self.site)} if self.site else {}
        ours = {
            "CHORUS_STATE_DIR": str(self.state_dir),
            "CHORUS_API_PORT": "0",
            "CHORUS_HEALTH_PORT": "0",
            "CHORUS_IMAGE_PULL": "never",
        }
        return {**kept, **ours, **where, **self.environment}

    @property
    def pid(self) -> int:
        assert self.process is not None, "the node was not started"
        return self.process.pid

    def begin(self, *arguments: str) -> None:
        """Start the process, and do not wait for it."""
        command = [*self.wrapper, sys.executable, "-m", "chorus", "agent", *arguments]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log
            )

    def start(self, *arguments: str) -> "Node":
        """Start it, and wait until it says where it listens."""
        self.begin(*arguments)
        until(self.announced, START_S, self.told)
        return self

    def announced(self) -> bool:
        """Whether this process, and no earlier one, has written api.json. Raises when it has ended."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"the node ended with {self.process.returncode}\n{self.told()}")
        try:
            return bool(self.where["pid"] == self.process.pid)
        except (OSError, ValueError):
            return False

    @property
    def where(self) -> dict[str, Any]:
        """api.json."""
        where: dict[str, Any] = json.loads((self.state_dir / "api.json").read_text())
        return where

    @property
    def token(self) -> str:
        return (self.state_dir / "api-token").read_text().strip()

    def client(self, timeout_s: float = 10.0) -> Client:
        """A connection to its API. Raises RuntimeError when it has ended by itself."""
        if self.process is not None and self.process.poll() not in (None, -signal.SIGKILL):
            raise RuntimeError(f"the node ended with {self.process.returncode}\n{self.told()}")
        return Client(self.where["api"], self.token, timeout_s)

    def health(self, timeout_s: float = 10.0) -> Client:
        """A connection to its health port."""
        return Client(self.where["health"], None, timeout_s)

    def chorus(self, *arguments: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[bytes]:
        """Run a command on its state dir."""
        return subprocess.run(
            [sys.executable, "-m", "chorus", *arguments],
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
        )

    def kill(self) -> None:
        """SIGKILL: no handler runs, no buffer is flushed."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(STOP_S)

    def stop(self) -> float:
        """SIGTERM; returns the seconds until it was gone. Raises when it did not end with 0."""
        assert self.process is not None
        began = time.perf_counter()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"the node did not stop within {STOP_S:g} s\n{self.told()}") from None
        if code:
            raise RuntimeError(f"the node ended with {code}\n{self.told()}")
        return time.perf_counter() - began

    def end(self) -> None:
        """Make sure that it is gone, whatever happened before."""
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def told(self) -> str:
        """The end of its log, for a person."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-20:])

    def cpu_s(self) -> float:
        """The processor time that it has used, in seconds."""
        return cpu_s(self.pid)

    def rss(self) -> int:
        """Its resident memory, in bytes."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def descriptors(self) -> int:
        """How many files and sockets it has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def cpu_s(pid: int) -> float:
    """The processor time that a process has used, in seconds (proc(5), fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(
    state_dir: Path, environment: Mapping[str, str] | None = None, site: Path | None = None
) -> Iterator[Node]:
    """A node that is ready, and gone afterwards."""
    node = Node(state_dir, environment or {}, site)
    try:
        yield node.start()
    finally:
        node.end()


def until(what: Callable[[], bool], limit_s: float, told: Callable[[], str] = lambda: "") -> None:
    """Look until it is so. Raises RuntimeError after `limit_s` seconds."""
    deadline = time.monotonic() + limit_s
    while not what():
        if time.monotonic() > deadline:
            raise RuntimeError(f"it did not happen within {limit_s:g} s\n{told()}")
        time.sleep(0.01)
