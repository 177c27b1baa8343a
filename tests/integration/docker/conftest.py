"""Docker tests are skipped with a reason where no engine answers, and fail there in strict mode."""

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
            message = f"{look.stderr.strip()}; try: build/test-images.sh"
            if os.environ.get("CHORUS_TEST_STRICT") == "1":
                pytest.fail(message)
            pytest.skip(message)
