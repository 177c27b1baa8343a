"""How long `chorus` takes to start, and what `chorus run` adds to the bare sandbox command.

Also what chorus.pyz adds to a start, where `make pyz` has built it. The two sides of a difference are
measured in turn, so that both see the same load of the machine.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHORUS = str(Path(sys.executable).with_name("chorus"))
PYZ = Path(__file__).resolve().parents[2] / "dist" / "chorus.pyz"
PYTHON = str(Path(sys.executable).resolve())  # as somebody has it who has chorus.pyz and no .venv
IMAGE = "chorus-test/busybox:1"
ROUNDS = 15

VIEW = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
BARE_BWRAP = [*VIEW, "--unshare-all", "--die-with-parent", "--chdir", "/", "true"]
BARE_DOCKER = ["docker", "run", "--rm", "--network", "none", IMAGE, "true"]


def main() -> None:
    rows: list[dict[str, Any]] = []
    skipped: list[str] = []
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as state:
        environment = {**os.environ, "CHORUS_STATE_DIR": state, "CHORUS_IMAGE_PULL": "never"}
        rows.append(row("chorus --version", 30, median(timer([CHORUS, "--version"], environment))))
        rows.append(row("chorus --help", 120, median(timer([CHORUS, "--help"], environment))))
        for name, bare, options in sandboxes(skipped):
            ours = [CHORUS, "-q", "run", "--sandbox", name, *options, "--", "true"]
            rows += overhead(name, timer(ours, environment), timer(bare, environment))
        if PYZ.is_file():
            rows += [zipapp(command, environment) for command in ("--version", "--help", "id")]
        else:
            skipped.append("chorus.pyz: there is none (make pyz builds it)")
    notes = [
        "medians; `python -c pass` is in the table, since nothing written in Python starts faster",
        "own overhead: `chorus run -- true` less the bare sandbox command, each pair run one after the other",
        "chorus.pyz: unpacked already, less the same command of the virtual environment, in pairs too",
    ]
    rows.append(
        {**row("python -c pass", 0, median(timer([sys.executable, "-c", "pass"], None))), "target": None}
    )
    json.dump({"title": "Starting", "rows": rows, "notes": notes, "skipped": skipped}, sys.stdout)


def row(what: str, target: float, seconds: float) -> dict[str, Any]:
    return {
        "what": what,
        "measured": round(seconds * 1000, 1),
        "unit": "ms",
        "target": target,
        "better": "lower",
    }


def sandboxes(skipped: list[str]) -> list[tuple[str, list[str], list[str]]]:
    """The backends that work here: name, bare command, options for `chorus run`."""
    found: list[tuple[str, list[str], list[str]]] = []
    bwrap = shutil.which("bwrap")
    if bwrap and succeeds([bwrap, *BARE_BWRAP]):
        found.append(("bwrap", [bwrap, *BARE_BWRAP], []))
    else:
        skipped.append("bwrap: no bwrap on this machine, or it may not make namespaces")
    if shutil.which("docker") and succeeds(BARE_DOCKER):
        found.append(("docker", BARE_DOCKER, ["--image", IMAGE]))
    else:
        skipped.append(f"docker: no engine with {IMAGE} (build/test-images.sh makes it)")
    return found


def overhead(name: str, ours: Callable[[], float], bare: Callable[[], float]) -> list[dict[str, Any]]:
    pairs = [(ours(), bare()) for _ in range(ROUNDS)]
    whole = statistics.median(mine for mine, _ in pairs)
    theirs = statistics.median(other for _, other in pairs)
    own = statistics.median(mine - other for mine, other in pairs)
    return [
        row(f"chorus run -- true, own overhead, {name}", 400, own),
        {**row(f"chorus run -- true, all of it, {name}", 0, whole), "target": None},
        {**row(f"the bare sandbox command, {name}", 0, theirs), "target": None},
    ]


def zipapp(command: str, environment: dict[str, str]) -> dict[str, Any]:
    """What one file adds to a start, when it is unpacked."""
    unpacked = {**environment, "SHIV_ROOT": f"{environment['CHORUS_STATE_DIR']}/pyz"}
    ours, installed = timer([PYTHON, str(PYZ), command], unpacked), timer([CHORUS, command], environment)
    return row(
        f"chorus.pyz {command}, more", 80, statistics.median(ours() - installed() for _ in range(ROUNDS))
    )


def timer(command: list[str], environment: dict[str, str] | None) -> Callable[[], float]:
    def once() -> float:
        started = time.perf_counter()
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        if done.returncode:
            raise SystemExit(
                f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()[-500:]}"
            )
        return time.perf_counter() - started

    once()  # warms the page cache, and makes the state dir
    return once


def median(once: Callable[[], float]) -> float:
    return statistics.median(once() for _ in range(ROUNDS))


def succeeds(command: list[str]) -> bool:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60).returncode == 0


if __name__ == "__main__":
    main()
