"""The form of replies without tool calls: what models write by themselves is understood, all else is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_reasoner.action import GiveUp, Malformed, Run, Submit, Write
from chorus_reasoner.form import parse


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("I look.\n```bash\nls -la\n```\n", Run("ls -la")),
        ("```sh\n$ ls\n```", Run("ls")),
        ("```bash\ncat <<'E'\na\n\nb\nE\n```", Run("cat <<'E'\na\n\nb\nE")),
        ("~~~shell\nmake\n~~~", Run("make")),
        ("```bash\nls\n", Run("ls")),
        ("```bash\r\nls\r\n```\r\n", Run("ls")),
        ("```file a/b.py\nx = 1\n```", Write("a/b.py", "x = 1\n")),
        ('```file: "a b.py"\nx\n```', Write("a b.py", "x\n")),
        ("```file empty.txt\n```", Write("empty.txt", "")),
        ("````file a.md\n```\nx\n```\n````", Write("a.md", "```\nx\n```\n")),
        ("SUBMIT: fixed it", Submit("fixed it")),
        ("**SUBMIT:** fixed it", Submit("fixed it")),
        ("3. SUBMIT: fixed it", Submit("fixed it")),
        ("I fixed the sign.\n\nSUBMIT", Submit("I fixed the sign.")),
        ("```bash\nSUBMIT\n```", Submit("")),
        ("GIVE UP: no network", GiveUp("no network")),
        ("GIVE_UP", GiveUp("it did not say why")),
        ("an example:\n```python\nprint(1)\n```\nnow\n```bash\nls\n```", Run("ls")),
    ],
)
def test_an_action_is_found(text: str, action: object) -> None:
    assert parse(text).action == action


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "no action"),
        ("I think that it works.", "no action"),
        ("I will fix it and then SUBMIT it.", "no action"),
        ("SUBMIT the form with a button", "no action"),
        ("```python\nprint(1)\n```", "no action"),
        ("```\nls\n```", "A block without a tag is not run"),
        ("```bash\n\n```", "empty"),
        ("```file\nx\n```", "names no path"),
    ],
)
def test_what_is_no_action_is_told(text: str, fault: str) -> None:
    action = parse(text).action
    assert isinstance(action, Malformed)
    assert fault in action.fault


def test_the_first_action_counts_and_the_others_are_counted() -> None:
    found = parse("```bash\nls\n```\n```file a\nb\n```\nSUBMIT: done")
    assert (found.action, found.more) == (Run("ls"), 2)


@pytest.mark.parametrize("text", ["```bash\nrm -rf build/too", "```file a.py\nx ="])
def test_a_block_that_was_cut_is_not_done(text: str) -> None:
    assert isinstance(parse(text, shortened=True).action, Malformed)


def test_what_was_complete_before_the_cut_is_done() -> None:
    assert parse("```bash\nls\n```\nand then", shortened=True).action == Run("ls")


@given(st.lists(st.sampled_from(["```", "````", "~~~", "bash", "file x", "SUBMIT", ":", "\n", "$ ", "a"])))
def test_no_reply_breaks_it(parts: list[str]) -> None:
    for shortened in (False, True):
        assert parse("".join(parts), shortened=shortened).action is not None


@given(st.text(alphabet="ab`~\n $", max_size=60))
def test_a_file_comes_out_as_it_was_put_in(content: str) -> None:
    fence = "`" * 70
    body = "".join(f"{line}\n" for line in content.split("\n"))
    assert parse(f"{fence}file a\n{body}{fence}\n").action == Write("a", body)
