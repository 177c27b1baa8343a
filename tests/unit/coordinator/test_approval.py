"""What a person reads before saying yes: all of it, and nothing that could pass for something else."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_coordinator.cli.approval import row, shown
from chorus_hooks.gate import OpenQuestion, Question
from chorus_hooks.gate_json import question_from_json, question_json

TASK = "6f1c0f5e2b7a4d0f9e3c8b1a5d7e2f40"
texts = st.text(st.characters(exclude_categories=["Cs"]))


def asked(text: str) -> OpenQuestion:
    question = Question(TASK, 2, "command", text)
    return OpenQuestion(question, "2026-11-26T09:21:00.123Z", "2026-11-26T10:21:00.123Z")


@given(texts)
def test_every_line_is_behind_a_bar_and_printable(text: str) -> None:
    head, *lines, digest = shown(asked(text)).split("\n")
    assert head.startswith("task 6f1c0f5e2b7a, attempt 2, asks about a command")
    assert digest.startswith(f"digest {asked(text).question.digest}")
    lines = [line for line in lines if line and not line.endswith("the escapes that you see")]
    assert [line[:4] for line in lines] == ["  | "] * (text.count("\n") + 1)
    assert all(line.isprintable() for line in (head, *lines, digest))


def test_a_text_that_plays_a_terminal_is_seen_through() -> None:
    lines = shown(asked("ls\n\x1b[1A\x1b[2Krm -rf /\r  \u202eevil\x00")).split("\n")
    assert lines[2:4] == ["  | ls", r"  | \x1b[1A\x1b[2Krm -rf /\r  \u202eevil\x00"]


def test_an_escape_is_told_from_its_text() -> None:
    real, text = shown(asked("\x1b[2J\t")), shown(asked(r"\x1b[2J\t"))
    assert real.split("\n")[2] == text.split("\n")[2]
    assert "\n2 of its characters do not print" in real
    assert "do not print" not in text


def test_the_list_has_one_line_for_each_however_long_it_is() -> None:
    cells = row(asked("one\ntwo " + "x" * 1000))
    assert cells[0] == "6f1c0f5e2b7a"
    assert cells[2:5] == ("command", "2026-11-26 09:21:00", "2026-11-26 10:21:00")
    assert cells[5].startswith(r"one\ntwo x")
    assert len(cells[5]) == 60


@given(texts)
def test_a_question_comes_back_from_its_json(text: str) -> None:
    fields = {**question_json(asked(text)), "approved": True, "mood": "new"}
    assert question_from_json(fields) == asked(text)


@pytest.mark.parametrize(
    "wrong", [{"text": "ls -l"}, {"digest": "0" * 64}, {"subject": "plan"}, {"subject": "dance"}]
)
def test_a_text_under_the_digest_of_another_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(msgspec.ValidationError):
        question_from_json({**question_json(asked("ls")), **wrong})
