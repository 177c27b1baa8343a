"""Runs the real `chorus` in processes of its own, on a state dir of the test's."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.no_mesh import NO_MESH

TIMEOUT_S = 60.0


class Program:
    """`chorus` on one state dir, in the bwrap sandbox, which needs no image."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir
        self.env = {
            **os.environ,
            "CHORUS_STATE_DIR": str(state_dir),
            "CHORUS_SANDBOX": "bwrap",
            "CHORUS_PLUGINS_DISABLED": f"docker,{NO_MESH}",
        }
        self.env.pop("CHORUS_IMAGE_PULL", None)  # a setting of the plugin that is disabled

    def start(self, *args: str, failpoint: str = "", **pipes: Any) -> subprocess.Popen[bytes]:
        env = {**self.env, "CHORUS_FAILPOINT": failpoint} if failpoint else self.env
        return subprocess.Popen(
            [sys.executable, "-m", "chorus", *args],
            env=env,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **pipes},
        )

    def run(self, *args: str, failpoint: str = "", **pipes: Any) -> subprocess.CompletedProcess[bytes]:
        """Run to the end; its output may hold anything."""
        process = self.start(*args, failpoint=failpoint, **pipes)
        out, err = process.communicate(timeout=TIMEOUT_S)
        return subprocess.CompletedProcess(args, process.returncode, out, err)

    def json(self, *args: str) -> Any:
        """Run, succeed, and read the one document on stdout."""
        done = self.run(*args, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def tasks(self) -> list[dict[str, Any]]:
        """Every task, page after page, newest first."""
        tasks: list[dict[str, Any]] = []
        cursor = ""
        while cursor is not None:
            page = self.json("task", "list", "--limit", "200", "--cursor", cursor)
            tasks, cursor = tasks + page["tasks"], page["cursor"]
        return tasks

    def assert_tidy(self) -> None:
        """The log holds, every task has ended, and nothing is left over."""
        assert all(task["state"] in ("succeeded", "failed", "cancelled") for task in self.tasks())
        assert self.json("log", "verify")["ok"] is True
        assert list((self.state_dir / "output").iterdir()) == []
        assert list((self.state_dir / "scratch").iterdir()) == []


def wait_for(what: Callable[[], bool], *, timeout_s: float = 20.0) -> None:
    """Poll until `what()` is true, for a bounded time."""
    deadline = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def processes_with(marker: str) -> list[int]:
    """The processes whose command line holds a marker."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                if marker.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found
