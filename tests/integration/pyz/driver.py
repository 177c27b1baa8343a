"""dist/chorus.pyz for somebody who has nothing else: an empty directory, an empty home, a bare Python."""

import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PYTHON = Path(sys.executable).resolve()
"""The Python that .venv was made with, without .venv's packages."""

SECONDS = 120
IMAGE = "chorus-test/python:1"


@dataclass(frozen=True)
class Pyz:
    """The file, and one person's folder: `home`, `empty` (where it is called), `cache` (unpacked builds)."""

    file: Path
    folder: Path
    cache: Path

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "XDG_CACHE_HOME": str(self.cache),
            "CHORUS_IMAGE_PULL": "never",
            **{name: os.environ[name] for name in ("DOCKER_HOST",) if name in os.environ},
            **more,
        }

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        for name in ("home", "empty"):
            (self.folder / name).mkdir(exist_ok=True)
        return subprocess.Popen(
            [PYTHON, self.file, *arguments],
            cwd=self.folder / "empty",
            env=self.environment(**environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return finish(self.start(*arguments, **environment))

    def json(self, *arguments: str, **environment: str) -> Any:
        done = self.run(*arguments, "--json", **environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def builds(self) -> list[str]:
        """Folders of unpacked builds, half unpacked and half removed ones included."""
        return sorted(path.name for path in self.cache.glob("chorus/*") if path.is_dir())


def finish(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Wait for a started one; it sees the end of its input."""
    stdout, stderr = process.communicate(timeout=SECONDS)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def wait_for(what: Callable[[], object]) -> None:
    """Poll until `what()` is true, for a bounded time."""
    deadline = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.002)


def in_container(pyz: Path, options: list[str], script: str) -> subprocess.CompletedProcess[str]:
    """A shell script in a container that has Python, a read-only root, and /chorus.pyz."""
    closed = ["--rm", "--read-only", "--network=none", "--user=65534", f"--volume={pyz}:/chorus.pyz:ro"]
    return subprocess.run(
        ["docker", "run", *closed, *options, IMAGE, "sh", "-c", script],
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def altered(pyz: Path, target: Path, *, small: bool = False, **facts: str) -> Path:
    """A copy that says something else about its build: PYTHON, PLATFORM, BUILD_ID, ENTRY_POINT.

    A `small` one has almost no packages inside.
    """
    with zipfile.ZipFile(pyz) as source, zipfile.ZipFile(target, "w") as copy:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == "chorus_build.py":
                data += "".join(f"{name} = {value!r}\n" for name, value in facts.items()).encode()
            if entry.filename == "bytecode.zip" and small:
                data = b"PK\5\6" + bytes(18)  # an empty archive
            if not small or not entry.filename.startswith("site-packages/") or "/chorus/" in entry.filename:
                copy.writestr(entry, data)
    return target
