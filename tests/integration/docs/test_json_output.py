"""The forms on docs/reference/json-output.md are those that the commands print."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.integration.coordinator.program import Program
from tests.unit.docs.markdown import ROOT, read

pytestmark = pytest.mark.bwrap

PAGE = ROOT / "docs" / "reference" / "json-output.md"
_SECTION = re.compile(r"^## `chorus ([^`]+)`\n(?:(?!## )[^\n]*\n)*?```json\n(.*?)^```", re.M | re.S)
ARGUMENTS = {
    "task logs": ["ID"],
    "task artifacts": ["ID"],
    "task diff": ["ID"],
    "task wait": ["ID"],
    "prune": ["--dry-run"],
    "log proof": ["0"],
}


def shown(text: str) -> dict[str, Any]:
    """The example of each command."""
    return {match[1]: json.loads(match[2]) for match in _SECTION.finditer(text)}


def form(value: Any) -> Any:
    """The names in a document; of a list that of its first item, of a value nothing."""
    if isinstance(value, dict):
        return {name: form(inner) for name, inner in value.items()}
    return [form(value[0])] if isinstance(value, list) and value else None


def differs(page: Any, real: Any) -> bool:
    """Whether two forms differ where both of them say something."""
    if isinstance(page, dict) and isinstance(real, dict):
        return page.keys() != real.keys() or any(differs(page[name], real[name]) for name in page)
    return isinstance(page, list) and isinstance(real, list) and differs(page[0], real[0])


def test_each_form_shown_is_what_the_command_prints(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "file").write_text("a\n")
    chorus = Program(tmp_path / "state")
    line = "echo said; echo b >> file; cp file /workspace/output"
    done = chorus.run("run", "--json", "--source", str(tmp_path / "project"), "--", "sh", "-c", line)
    task = json.loads(done.stdout)
    examples = shown(read(PAGE))
    assert len(examples) > 6
    wrong = {}
    for command, example in examples.items():
        arguments = [task["id"] if word == "ID" else word for word in ARGUMENTS.get(command, [])]
        real = chorus.json(*command.split(), *arguments)
        if differs(form(example), form(real)):
            wrong[command] = form(real)
    assert wrong == {}


def test_a_form_that_differs_is_seen() -> None:
    page = shown('## `chorus id`\nText.\n\n```json\n{"a": [{"b": 1}], "c": null}\n```\n')
    assert page == {"id": {"a": [{"b": 1}], "c": None}}
    assert not differs(form(page["id"]), form({"a": [{"b": 2}], "c": {"d": 1}}))
    assert not differs(form(page["id"]), form({"a": [], "c": 1}))
    assert differs(form(page["id"]), form({"a": [{"x": 2}], "c": 1}))
    assert differs(form(page["id"]), form({"a": [{"b": 2}]}))
