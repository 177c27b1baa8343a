"""One commit gives the same bytes, wherever it is built."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.integration.pyz.driver import PYTHON, ROOT


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def copy_checkout(target: Path) -> None:
    """The files as they are, committed or not, without what git ignores."""
    for name in git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)


@pytest.mark.slow
def test_another_directory_another_home_and_another_umask_build_the_same_file(
    file: Path, tmp_path: Path
) -> None:
    """So no path of the building machine can be in it either."""
    checkout = tmp_path / "some where" / "else"
    copy_checkout(checkout)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "PYTHON": str(PYTHON),
        "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR", str(ROOT / ".cache" / "pip")),
        "SOURCE_DATE_EPOCH": git("log", "-1", "--format=%ct").strip(),
        "TZ": "Asia/Kathmandu",
        "LC_ALL": "C.UTF-8",
    }
    built = subprocess.run(
        ["sh", "-c", "umask 077; exec make pyz"],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert built.returncode == 0, built.stderr
    one, other = ((folder / "dist" / "chorus.pyz").read_bytes() for folder in (ROOT, checkout))
    assert hashlib.sha256(one).hexdigest() == hashlib.sha256(other).hexdigest()
