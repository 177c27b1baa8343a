"""Installs contrib/chorus-plugin-null into a directory that goes away with the measurement."""

import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "chorus-plugin-null"
_PIP = "install --quiet --no-deps --no-index --no-build-isolation --disable-pip-version-check --target"


def install(target: Path) -> Path:
    """Install it there, from this checkout and without the network; returns what PYTHONPATH needs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    command = [sys.executable, "-m", "pip", *_PIP.split(), str(target), str(SOURCE)]
    subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL, timeout=120)
    return target
