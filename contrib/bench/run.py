"""`make bench`: runs the scripts beside this one, and writes what they say into docs/benchmarks.md.

Names pick some, and the other sections stay as they are: `make bench ARGS=startup`. The name of a package is
all of its scripts: `make bench-mesh` runs those in mesh/, which take long, and which `make bench` leaves out.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from contrib.bench.page import machine, merged, section

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
SCRIPTS = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in ("__init__", "run", "page"))
SCRIPT_SECONDS = 1200


def main() -> int:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    code = ["chorus", "hooks", "plugins"]
    subprocess.run([sys.executable, "-m", "compileall", "-q", *code], cwd=ROOT, env=environment, check=True)
    sections, broken = [], []
    for name in chosen(sys.argv[1:]):
        print(f"measuring {name}", file=sys.stderr, flush=True)
        where = machine()
        document, fault = measure(name, environment)
        if document is None:
            broken.append(f"{name}: {fault}")
        else:
            sections.append(section(document, where))
            keep(sections[-1])
    for fault in broken:
        print(f"bench: {fault}; what the page says of it stays", file=sys.stderr)
    print("\n\n".join(sections))
    return 1 if broken else 0


def keep(measured: str) -> None:
    """Write a section into the page at once: what is measured after it may take long, or break."""
    PAGE.write_text(merged(PAGE.read_text(encoding="utf-8"), [measured]), encoding="utf-8")


def chosen(names: Sequence[str]) -> Iterator[str]:
    """The scripts that are meant."""
    for name in names or SCRIPTS:
        if (HERE / name).is_dir():
            yield from (f"{name}.{path.stem}" for path in sorted((HERE / name).glob("[!_]*.py")))
        else:
            yield name


def measure(name: str, environment: dict[str, str]) -> tuple[dict[str, Any] | None, str]:
    """The document that a script prints, or why there is none."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", f"contrib.bench.{name}"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            timeout=SCRIPT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return None, f"did not end within {SCRIPT_SECONDS} s"
    if done.returncode:
        return None, f"ended with {done.returncode}"
    try:
        return json.loads(done.stdout), ""
    except ValueError:
        return None, "printed something that is not JSON"


if __name__ == "__main__":
    sys.exit(main())
