"""The one file is a node: it serves, takes tasks, goes on after a kill, and stops when told."""

import json
import signal
import subprocess
from collections.abc import Iterator

import pytest

from tests.integration.pyz.driver import SECONDS, Pyz, wait_for

PORTS = {"CHORUS_API_PORT": "0", "CHORUS_HEALTH_PORT": "0", "CHORUS_SANDBOX": "bwrap"}

pytestmark = pytest.mark.bwrap


class Agent:
    """`chorus.pyz agent` in the folder of one person."""

    def __init__(self, pyz: Pyz) -> None:
        self.pyz = pyz
        self.state_dir = pyz.folder / "state"
        self.environment = {**PORTS, "CHORUS_STATE_DIR": str(self.state_dir)}
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.process = self.pyz.start("agent", **self.environment)
        wait_for(self._serves)

    def _serves(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.process.communicate()[1]
        try:
            where = json.loads((self.state_dir / "api.json").read_text())
        except (OSError, ValueError):
            return False
        return bool(where["pid"] == self.process.pid)

    def end(self, sign: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(sign)
        self.process.communicate(timeout=SECONDS)
        return self.process.returncode

    def chorus(self, *arguments: str) -> str:
        done = self.pyz.run(*arguments, **self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def agent(warm: Pyz) -> Iterator[Agent]:
    made = Agent(warm)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.end(signal.SIGKILL)


def test_it_serves_and_stops_when_told(agent: Agent) -> None:
    agent.start()
    assert json.loads(agent.chorus("status", "--json"))["node"]["ready"] is True
    assert agent.chorus("run", "--", "echo", "hi") == "hi\n"
    assert agent.end(signal.SIGTERM) == 0
    assert not (agent.state_dir / "api.json").exists()


def test_a_task_outlives_a_kill(agent: Agent) -> None:
    agent.start()
    task = agent.chorus("run", "--detach", "--", "sh", "-c", "sleep 1; echo done").strip()
    agent.end(signal.SIGKILL)
    agent.start()
    agent.chorus("task", "wait", task)
    assert agent.chorus("task", "logs", task) == "done\n"
    assert json.loads(agent.chorus("log", "verify", "--json"))["ok"] is True
