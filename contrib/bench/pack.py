"""How fast a directory is packed, beside `tar | sha256sum` over the same files.

Two trees: ordinary source files, taken from this Python's own library, and a few large files.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chorus_executor.packer import pack
from chorus_journal.blob_store import FileBlobs

ROUNDS = 5
ORDINARY = 150 << 20
MANY = 100_000


def main() -> None:
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as scratch:
        base = Path(scratch)
        blobs = FileBlobs(base, "0" * 32, 64 << 30)
        blobs.sweep(lambda boot: True)
        for name, target, make in (("source files", 100, source_files), ("large files", None, large_files)):
            tree = make(base / name.replace(" ", "-"))
            rows += compared(name, target, tree, blobs)
        many = many_files(base / "many")
        seconds = timed(lambda: pack(blobs, many))
        rows.append(row(f"{MANY} empty files", "s", round(seconds, 2), None, "lower"))
    notes = [
        "packing also matches .gitignore and makes the blob durable; `tar | sha256sum` does neither",
        "medians, the two sides in turn",
    ]
    json.dump({"title": "Packing", "rows": rows, "notes": notes, "skipped": []}, sys.stdout)


def compared(name: str, target: float | None, tree: Path, blobs: FileBlobs) -> list[dict[str, Any]]:
    size = sum(path.lstat().st_size for path in tree.rglob("*") if path.is_file()) / 1e6
    ours, theirs = [], []
    for number in range(ROUNDS):
        (tree / "round").write_text(str(number))  # else the blob would be there already
        ours.append(timed(lambda: pack(blobs, tree)))
        theirs.append(timed(lambda: tar_and_hash(tree)))
    mine, other = size / statistics.median(ours), size / statistics.median(theirs)
    return [
        row(f"{name}, {size:.0f} MB", "MB/s", round(mine), target, "higher"),
        row(f"{name}, beside `tar | sha256sum`", "x", round(mine / other, 2), None, "higher"),
    ]


def row(what: str, unit: str, measured: float, target: float | None, better: str) -> dict[str, Any]:
    return {"what": what, "measured": measured, "unit": unit, "target": target, "better": better}


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def tar_and_hash(tree: Path) -> None:
    with subprocess.Popen(["tar", "-C", tree, "-cf", "-", "."], stdout=subprocess.PIPE) as tar:
        subprocess.run(["sha256sum"], stdin=tar.stdout, stdout=subprocess.DEVNULL, check=True)


def source_files(root: Path) -> Path:
    """Copies of the standard library and of what is installed, without what is ignored or compiled."""
    copied = 0
    for number, origin in enumerate([sysconfig.get_paths()["stdlib"], sysconfig.get_paths()["purelib"]]):
        for path in sorted(Path(origin).rglob("*.py")):
            if copied > ORDINARY or "site-packages" in path.relative_to(origin).parts:
                break
            there = root / str(number) / path.relative_to(origin)
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, there)
            copied += path.stat().st_size
    (root / ".gitignore").write_text("__pycache__/\n*.pyc\n/build/\n.venv/\n*.log\n")
    return root


def large_files(root: Path) -> Path:
    root.mkdir()
    for number in range(4):
        (root / f"{number}.bin").write_bytes(os.urandom(64 << 20))
    return root


def many_files(root: Path) -> Path:
    for number in range(MANY):
        if number % 1000 == 0:
            directory = root / f"{number // 1000:03d}"
            directory.mkdir(parents=True)
        (directory / f"{number:06d}").touch()
    return root


if __name__ == "__main__":
    main()
