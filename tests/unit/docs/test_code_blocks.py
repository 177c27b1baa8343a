"""Code that a page shows is code: Python compiles, JSON parses."""

import ast
import json
from pathlib import Path

import pytest

from tests.unit.docs.markdown import by_name, fences, pages, read


def code_faults(text: str) -> list[str]:
    faults = []
    for fence in fences(text):
        try:
            if fence.language == "python":
                compile(fence.text, "block", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
            elif fence.language == "json":
                json.loads(fence.text)
        except (SyntaxError, ValueError) as error:
            faults.append(f"{fence.text.splitlines()[0]}: {error}")
    return faults


@pytest.mark.parametrize("page", pages(), ids=by_name)
def test_every_block_of_code_is_code(page: Path) -> None:
    assert code_faults(read(page)) == []


def test_a_block_that_is_no_code_is_seen() -> None:
    python, value = code_faults("```python\ndef f(:\n```\n\n```json\n{'a': 1}\n```\n")
    assert python.startswith("def f(:: ")
    assert value.startswith("{'a': 1}: ")


def test_other_languages_are_left_alone() -> None:
    assert code_faults("```sh\ndef f(:\n```\n```\n{'a': 1}\n```\n```python\nawait f()\n```\n") == []
