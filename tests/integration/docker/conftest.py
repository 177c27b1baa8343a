"""Docker tests are skipped where no engine answers; in strict mode tests/backends.py fails those."""

import os
import subprocess

import pytest

HOST = os.environ.get("DOCKER_HOST", "")
BUSYBOX = "chorus-test/busybox:1"
PYTHON = "chorus-test/python:1"


@pytest.fixture(scope="session")
def engine() -> None:
    """An engine that answers, with the test images."""
    for image in (BUSYBOX, PYTHON):
        look = subprocess.run(["docker", "image", "inspect", image], capture_output=True, text=True)
        if look.returncode:
            pytest.skip(f"{look.stderr.strip()}; try: build/test-images.sh")
