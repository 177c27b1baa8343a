"""Every command line of `chorus` and `make` that a page shows could be typed: commands and options exist."""

import re
from pathlib import Path

import pytest

from tests.unit.docs.command_lines import SHELL, calls, calls_in
from tests.unit.docs.command_tree import fault
from tests.unit.docs.markdown import ROOT, Fence, by_name, fences, pages, read, spans

_MAKE = re.compile(r"(?:^|[ &(])make ([a-z]+)\b")
_EXAMPLE_TARGETS = {"check"}
"""Targets of the example projects, which commands in a sandbox call."""


def command_faults(text: str) -> list[str]:
    shown = [fault(call) for fence in fences(text) for call in calls(fence)]
    named = [fault(_words(span), whole=False) for span in spans(text) if span.startswith("chorus ")]
    return [why for why in (*shown, *named) if why]


def _words(span: str) -> list[str]:
    """Code in a line, without the marks of what is optional."""
    return re.sub(r"[\[\]…|]", " ", span).split()[1:]


def make_targets(text: str) -> set[str]:
    shown = [fence.text for fence in fences(text) if fence.language in SHELL]
    return {
        name for code in (*shown, *spans(text)) for line in code.splitlines() for name in _MAKE.findall(line)
    }


@pytest.mark.parametrize("page", pages(), ids=by_name)
def test_every_command_line_shown_could_be_typed(page: Path) -> None:
    assert command_faults(read(page)) == []


@pytest.mark.parametrize("page", pages(), ids=by_name)
def test_every_make_target_named_exists(page: Path) -> None:
    known = set(re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), re.MULTILINE))
    assert make_targets(read(page)) - known - _EXAMPLE_TARGETS == set()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("chorus frobnicate", "chorus: no command frobnicate"),
        ("chorus --state-dir /tmp/x task frobnicate ID", "chorus task: no command frobnicate"),
        ("chorus run --frobnicate -- true", "chorus run: No such option: --frobnicate"),
        ("chorus task show", "chorus task show: no task_id"),
        ("chorus task show A B", "chorus task show: one argument too many: B"),
        ("chorus log show --limit", "chorus log show: Option '--limit' requires an argument."),
        ("A=1 chorus task list | chorus nothing > out", "chorus: no command nothing"),
        ("echo $(.venv/bin/chorus nothing)", "chorus: no command nothing"),
        ("python3 -m chorus nothing", "chorus: no command nothing"),
        ("python3 dist/chorus.pyz nothing # why", "chorus: no command nothing"),
    ],
)
def test_what_could_not_be_typed_is_seen(line: str, why: str) -> None:
    for language, text in (
        ("sh", line),
        ("console", f"$ {line}"),
        ("", f"$ {line}"),
        ("yaml", f"- run: {line}"),
    ):
        assert command_faults(f"```{language}\n{text}\n```\n") == [why]


@pytest.mark.parametrize(
    ("span", "why"),
    [
        ("chorus frobnicate", "chorus: no command frobnicate"),
        ("chorus task frobnicate", "chorus task: no command frobnicate"),
        ("chorus task list --frobnicate", "chorus task list: no option --frobnicate"),
        ("chorus run [--frobnicate] -- CMD…", "chorus run: no option --frobnicate"),
    ],
)
def test_a_name_inside_a_line_that_does_not_exist_is_seen(span: str, why: str) -> None:
    assert command_faults(f"Try `{span}`.\n") == [why]


@pytest.mark.parametrize(
    "line",
    [
        "chorus --help",
        "chorus -q run --source . -e A=1 -e B -- sh -c 'a | b; c' --frobnicate",
        "chorus task logs -f ID 2>/dev/null | head -n 3",
        "if ! chorus log verify; then exit 1; fi",
        "chorus task list --json > tasks.json",
        "chorus hello",
        "grep chorus README.md",
    ],
)
def test_what_could_be_typed_passes(line: str) -> None:
    assert command_faults(f"```sh\n{line}\n```\n") == []


def test_only_what_follows_a_prompt_is_a_command_in_a_transcript() -> None:
    assert list(calls(Fence("console", "$ chorus id\nchorus: succeeded in 1 s\n"))) == [["id"]]


def test_a_line_goes_on_behind_a_backslash() -> None:
    assert list(calls(Fence("sh", "chorus run \\\n  -- true\n"))) == [["run", "--", "true"]]


def test_words_in_quotes_stay_one_word() -> None:
    assert list(calls_in("chorus run -- sh -c 'chorus id | wc'")) == [
        ["run", "--", "sh", "-c", "chorus id | wc"]
    ]


def test_a_make_target_that_does_not_exist_is_seen() -> None:
    assert make_targets("```\nmake demo && make nothing\n```\nor `make lint`") == {"demo", "nothing", "lint"}
