"""These tests take what `make pyz` built. Without it they are skipped; in strict mode they fail."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.integration.pyz.driver import IMAGE, ROOT, Pyz


@pytest.fixture(scope="session")
def file() -> Path:
    """dist/chorus.pyz, built from the files as they are."""
    file = ROOT / "dist" / "chorus.pyz"
    fresh = subprocess.run(["sh", ROOT / "build" / "pyz.sh", "check"], capture_output=True)
    if fresh.returncode:
        missing = f"there is no {file.name} of this checkout; try: make pyz"
        if os.environ.get("CHORUS_TEST_STRICT") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return file


@pytest.fixture
def cold(file: Path, tmp_path: Path) -> Pyz:
    """For somebody who has never started it."""
    return Pyz(file, tmp_path, tmp_path / "cache")


@pytest.fixture(scope="session")
def unpacked(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache directory where it is unpacked already."""
    folder = tmp_path_factory.mktemp("unpacked")
    done = Pyz(file, folder, folder / "cache").run("--help")
    assert done.returncode == 0, done.stderr
    return folder / "cache"


@pytest.fixture
def warm(file: Path, tmp_path: Path, unpacked: Path) -> Pyz:
    """For somebody with an empty home, but unpacked already."""
    return Pyz(file, tmp_path, unpacked)


@pytest.fixture(scope="session")
def engine() -> None:
    """An engine that answers, with the image that has Python."""
    look = subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, text=True)
    if look.returncode:
        pytest.skip(f"{look.stderr.strip()}; try: build/test-images.sh")
