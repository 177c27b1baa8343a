"""The real program, on a state dir of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ANSWER_S = 60


@dataclass
class Program:
    """`chorus` as a person runs it. `environment` is added to a clean one."""

    state_dir: Path
    environment: dict[str, str] = field(default_factory=dict)
    wrapper: tuple[str, ...] = ()

    def command(self, *arguments: str) -> list[str]:
        return [*self.wrapper, sys.executable, "-m", "chorus", *arguments]

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, "CHORUS_STATE_DIR": str(self.state_dir), **self.environment}

    def run(self, *arguments: str, told: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            env=self.env,
            input=told,
            stdin=subprocess.DEVNULL if told is None else None,
            capture_output=True,
            text=True,
            timeout=ANSWER_S,
            check=False,
        )

    def json(self, *arguments: str) -> tuple[int, Any]:
        done = self.run(*arguments, "--json")
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, json.loads(done.stdout)

    def doctor(self) -> tuple[int, dict[str, dict[str, Any]]]:
        """The exit code, and the findings by name."""
        code, document = self.json("doctor")
        findings = {finding["name"]: finding for finding in document["findings"]}
        assert len(findings) == len(document["findings"])
        assert document["ok"] == all(finding["status"] != "failed" for finding in findings.values())
        assert code == (0 if document["ok"] else 1)
        return code, findings

    def on_a_terminal(self, *arguments: str, typed: bytes = b"") -> tuple[int, str]:
        """Run it on a pseudo-terminal; the exit code and what was seen there."""
        ours, theirs = os.openpty()
        env = {name: value for name, value in self.env.items() if name != "NO_COLOR"} | {"TERM": "xterm"}
        process = subprocess.Popen(
            self.command(*arguments), env=env, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        os.write(ours, typed)
        seen = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # how Linux says that the other side is closed
                piece = b""
            if not piece:
                break
            seen += piece
        os.close(ours)
        return process.wait(timeout=ANSWER_S), seen.decode()


def leave(disk: Path, free: int) -> Path:
    """Fill a file system until so many bytes are left; gives the file that does it."""
    filler, seen = disk / "filler", os.statvfs(disk)
    with filler.open("ab") as file:
        file.write(bytes(seen.f_bavail * seen.f_frsize - free))
    seen = os.statvfs(disk)
    assert seen.f_bavail * seen.f_frsize <= free
    return filler


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "state")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    path = tmp_path / "disk"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs", path], check=True)
    yield path
    subprocess.run(["umount", path], check=True)
