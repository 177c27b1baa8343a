"""HumanEval problems as tasks. The problem is one written here: the wheel is fetched by `make eval` only."""

import gzip
import json
import zipfile
from pathlib import Path

from contrib.eval.check import faults
from contrib.eval.humaneval import MEMBER, laid_out, problems

PROBLEM = {
    "task_id": "HumanEval/7",
    "entry_point": "twice",
    "prompt": 'def once(n):\n    return n\n\n\ndef twice(n: int) -> int:\n    """ Twice n.\n    """\n',
    "canonical_solution": "    return once(n) + once(n)\n",
    "test": "\n\nMETADATA = {}\n\n\ndef check(candidate):\n    assert candidate(2) == 2 * once(2)\n",
}


def test_a_problem_is_a_sound_task(tmp_path: Path) -> None:
    task = laid_out(PROBLEM, tmp_path)
    assert task.title == "python/humaneval-7"
    assert "twice" in task.goal
    assert faults(task) == []


def test_what_is_to_be_written_is_not_in_the_source(tmp_path: Path) -> None:
    source = laid_out(PROBLEM, tmp_path).source
    assert "once(n) + once(n)" not in "".join(file.read_text() for file in source.iterdir())


def test_problems_are_read_from_a_wheel_without_installing_it(tmp_path: Path) -> None:
    wheel = tmp_path / "some.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(MEMBER, gzip.compress(json.dumps(PROBLEM).encode() + b"\n"))
    assert list(problems(wheel)) == [PROBLEM]
