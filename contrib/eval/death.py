"""The node is killed while a model works for it, and started again: the task has to come to its end."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from contrib.eval.reply import replies
from contrib.eval.task import Task
from contrib.eval.trial import TIME_S, Bench, Trial, judged

READY_S = 30.0
PORTS = {"CHORUS_API_PORT": "0", "CHORUS_HEALTH_PORT": "0"}


def recover(bench: Bench, task: Task) -> Trial:
    """The oracle on a node that dies by SIGKILL while the model is silent in the second step."""
    bench = replace(bench, environment={**bench.environment, **PORTS})
    steps = replies(task.oracle)
    begun = time.monotonic()
    with TemporaryDirectory(prefix="chorus-eval-") as scratch:
        source = task.copy(Path(scratch, "source"))
        bench.model.plays([steps[0], {"text": steps[1], "sleep": 60.0}])
        with node(bench) as process:
            task_id = json.loads(chorus(bench, "run", "--detach", *bench.goal(task, source)).stdout)["id"]
            until(lambda: bench.model.asked() >= 2)
            process.send_signal(signal.SIGKILL)
            process.wait()
        bench.model.plays(steps)
        with node(bench):
            waited = chorus(bench, "task", "wait", task_id, "--timeout", f"{TIME_S:.0f}s")
            shown = chorus(bench, "task", "show", task_id, "--json")
    ended = subprocess.CompletedProcess(shown.args, waited.returncode, shown.stdout, waited.stderr)
    return judged(task, "fault:kill-9", bench.sandbox, ended, time.monotonic() - begun, should=True)


@contextmanager
def node(bench: Bench) -> Iterator[subprocess.Popen[bytes]]:
    """A node of its own on the state dir, which takes tasks when this returns."""
    process = subprocess.Popen(
        bench.command("agent"),
        env=bench.variables(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: announced(bench.state, process.pid))
        yield process
    finally:
        process.terminate()
        process.wait(READY_S)


def announced(state: Path, pid: int) -> bool:
    """Whether this process, and no earlier one, says where it listens."""
    try:
        return bool(json.loads((state / "api.json").read_bytes())["pid"] == pid)
    except (OSError, ValueError):
        return False


def until(holds: Callable[[], bool]) -> None:
    """Look a few times a second. Raises TimeoutError."""
    deadline = time.monotonic() + READY_S
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {READY_S:.0f} s in vain")
        time.sleep(0.05)


def chorus(bench: Bench, *words: str) -> subprocess.CompletedProcess[bytes]:
    """A command beside the node."""
    return subprocess.run(
        bench.command(*words),
        env=bench.variables(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIME_S + READY_S,
        check=False,
    )
