"""docs/benchmarks.md: a section for each script, each with its own day and machine."""

import datetime
import os
import platform
import re
from pathlib import Path
from typing import Any

HEAD = """\
# Benchmarks

Written by `make bench`; do not edit. Absolute numbers depend on the machine and on what else it
does; ratios were measured side by side in one run. The code was byte-compiled.

"""


def merged(page: str, sections: list[str]) -> str:
    """The page with these sections in place of those with their titles, and what is missed in all of it."""
    by_title = {title(section): section for section in [*split(page), *sections]}
    body = "\n\n".join(by_title[name] for name in sorted(by_title)) + "\n"
    missed = len(re.findall(r"\| missed \|$", body, re.MULTILINE))
    return HEAD + (f"Targets missed: {missed}.\n\n" if missed else "Every target met.\n\n") + body


def split(page: str) -> list[str]:
    """The sections of a page."""
    return [f"## {part.strip()}" for part in re.split(r"^## ", page, flags=re.MULTILINE)[1:]]


def title(section: str) -> str:
    """The heading of a section."""
    return section.splitlines()[0]


def section(document: dict[str, Any], where: str) -> str:
    """One script's table; `where` is the day and the machine."""
    lines = [
        f"## {document['title']}",
        "",
        f"{where}.",
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
    share = f"{row['measured'] / row['target']:.2f}" if row["target"] else ""  # nothing has a share of none
    return f"| {what} | {sign} {row['target']:,}{unit} | {measured} | {share} | {verdict(row)} |"


def verdict(row: dict[str, Any]) -> str:
    """`met` or `missed`."""
    good = row["measured"] <= row["target"] if row["better"] == "lower" else row["measured"] >= row["target"]
    return "met" if good else "missed"


def machine() -> str:
    """Day, processor, cores, memory, kernel, Python, load."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    processor = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)
    return (
        f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}, "
        f"{processor or platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"Linux {platform.release().split('-')[0]}, Python {platform.python_version()}, "
        f"load average {os.getloadavg()[1]:.1f}"
    )
