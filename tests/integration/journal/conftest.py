import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chorus_hooks.identity import Identity
from tests.unit.journal.state import fixed_identity

ROOT = Path(__file__).parents[3]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def identity() -> Identity:
    return fixed_identity()


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts `python -m MODULE ARGUMENTS…` as a process of its own; ends it with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(module: str, *arguments: object, failpoint: str = "") -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, "CHORUS_FAILPOINT": failpoint},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
