"""`make bench`: runs the scripts beside this one, and writes docs/benchmarks.md.

Names pick some, and then the page is left as it is: `make bench ARGS=startup`.
"""

import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
SCRIPT_SECONDS = 900


def main() -> int:
    names = sys.argv[1:] or sorted(path.stem for path in HERE.glob("*.py") if path.stem != "run")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    code = ["chorus", "hooks", "plugins"]
    subprocess.run([sys.executable, "-m", "compileall", "-q", *code], cwd=ROOT, env=environment, check=True)
    documents, broken = [], []
    for name in names:
        print(f"measuring {name}", file=sys.stderr, flush=True)
        document, fault = measure(name, environment)
        if document is None:
            broken.append(f"{name}: {fault}")
        else:
            documents.append(document)
    for fault in broken:
        print(f"bench: {fault}", file=sys.stderr)
    if len(names) == len([path for path in HERE.glob("*.py") if path.stem != "run"]):
        PAGE.write_text(page(documents, broken), encoding="utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}", file=sys.stderr)
    print("\n\n".join(section(document) for document in documents))
    return 1 if broken else 0


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


def page(documents: list[dict[str, Any]], broken: list[str]) -> str:
    """docs/benchmarks.md."""
    missed = [row for document in documents for row in document["rows"] if verdict(row) == "missed"]
    summary = f"Targets missed: {len(missed)}." if missed else "Every target met."
    faults = "".join(f"\nNot measured: {fault}.\n" for fault in broken)
    head = (
        "# Benchmarks\n\n"
        "Written by `make bench`; do not edit. Absolute numbers depend on the machine and on what else it\n"
        "does; ratios were measured side by side in one run. The code was byte-compiled.\n\n"
        f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}, {machine()}. {summary}\n{faults}\n"
    )
    return head + "\n\n".join(section(document) for document in documents) + "\n"


def machine() -> str:
    """Processor, cores, memory, kernel, Python."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    processor = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)
    return (
        f"{processor or platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"Linux {platform.release().split('-')[0]}, Python {platform.python_version()}, "
        f"load average {os.getloadavg()[1]:.1f}"
    )


def section(document: dict[str, Any]) -> str:
    """One script's table."""
    lines = [
        f"## {document['title']}",
        "",
        "| what | target | measured | of target | |",
        "|---|---|---|---|---|",
    ]
    lines += [table_row(row) for row in document["rows"]]
    remarks = [*document.get("notes", []), *(f"not measured: {what}" for what in document.get("skipped", []))]
    return "\n".join(lines + ([""] if remarks else []) + [f"- {remark}" for remark in remarks])


def table_row(row: dict[str, Any]) -> str:
    """What, target, measured, the share of the target, met or missed."""
    what = row["what"].replace("|", "\\|")
    unit = f" {row['unit']}" if row.get("unit") else ""
    measured = f"{row['measured']:,}{unit}"
    if row.get("target") is None:
        return f"| {what} | | {measured} | | |"
    sign = "≤" if row["better"] == "lower" else "≥"
    share = f"{row['measured'] / row['target']:.2f}"
    return f"| {what} | {sign} {row['target']:,}{unit} | {measured} | {share} | {verdict(row)} |"


def verdict(row: dict[str, Any]) -> str:
    """`met`, `missed`, or nothing for a row without a target."""
    if row.get("target") is None:
        return ""
    good = row["measured"] <= row["target"] if row["better"] == "lower" else row["measured"] >= row["target"]
    return "met" if good else "missed"


if __name__ == "__main__":
    sys.exit(main())
