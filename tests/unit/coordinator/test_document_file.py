"""A wrong task document is told with its field and its line."""

import json
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_coordinator.cli.document_file import MAX_BYTES, document_of, read
from chorus_coordinator.cli.json_lines import line_of
from chorus_hooks.errors import UsageError
from chorus_hooks.task import Limits, TaskDocument

TEXT = b"""{
  "commands": [
    "make",
    ["sh", "-c",
     "x \\" {[,"]
  ],
  "env": {"A": "1",
          "a.b": "2"},
  "limits": {
    "pids": 7
  }, "title":
     "t"
}
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("$", 1),
        ("$.commands", 2),
        ("$.commands[0]", 3),
        ("$.commands[1]", 4),
        ("$.commands[1][2]", 5),
        ("$.env", 7),
        ("$.env.A", 7),
        ("$.env.a.b", 8),
        ("$.env[...]", 7),
        ("key in $.env", 7),
        ("$.limits.pids", 10),
        ("$.title", 11),
        ("$.nothing", 1),
    ],
)
def test_every_value_has_its_line(path: str, line: int) -> None:
    assert line_of(TEXT, path) == line


def test_of_two_members_of_a_name_the_last_counts() -> None:
    assert line_of(b'{"a": 1,\n"a": 2}', "$.a") == 2


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=12,
    )
)
def test_a_value_is_found_in_any_json(value: object) -> None:
    raw = json.dumps({"before": value, "it": 1}, indent=1).encode()
    assert line_of(raw, "$.it") == raw.count(b"\n")


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b'{"commands":["x"],\n "limits": {\n  "pids": "many"}}', "f, line 3, limits.pids: expected `int"),
        (
            b'{"commands":["x"],\n "limits": {\n  "nice": 1}}',
            "f, line 3, limits.nice: there is no such",
        ),
        (b'{\n"colour": 1}', "f, line 2, colour: there is no such field"),
        (b'{\n"commands": [\n5]}', "f, line 3, commands[0]: expected"),
        (b'{"env":\n{"A": 5}}', "f, line 1, env[...]: expected `str`"),
        (b'{\n"source": {}}', "f, line 2, source: object missing required field `sha256`"),
        (b"[]", "f, line 1, the document: expected `object`"),
        (b'{"commands":\n ["x",]}', "f, line 2, column 7: no JSON"),
        (b"0 }", "f, line 1, column"),
        (b"", "f, line 1, column 1: no JSON"),
        (b'{"title": "\xff"}', "f is not UTF-8 text"),
    ],
)
def test_a_fault_is_told_where_it_is(raw: bytes, told: str) -> None:
    with pytest.raises(UsageError) as error:
        document_of(raw, "f")
    assert error.value.message.startswith(told)
    assert error.value.hint


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    try:
        document_of(raw, "f")
    except UsageError as error:
        assert error.message.isprintable()


def test_a_good_document_is_what_it_says() -> None:
    document = document_of(b'{"commands":[["make"]],"limits":{"pids":7}}', "f")
    assert document == TaskDocument(commands=(("make",),), limits=Limits(pids=7))


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read(str(tmp_path / "none"))
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        read(str(tmp_path))
    with pytest.raises(UsageError, match="cannot be read"):
        read("a\0b")


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "huge.json"
    with file.open("wb") as opened:
        opened.truncate(MAX_BYTES + 1)
    with pytest.raises(UsageError, match="more than"):
        read(str(file))


def test_a_dash_is_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(b"{}")))
    assert read("-") == (b"{}", "stdin")
