"""What a server said becomes a step that says the same; whatever it said, nothing breaks."""

import json
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrib.scripted import ollama_wire, openai_wire
from contrib.scripted.heard import step_of
from contrib.scripted.script import Step, parse_script

WIRES = pytest.mark.parametrize("wire", [openai_wire, ollama_wire])
CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["run", "write"]),
            "arguments": st.dictionaries(st.text(max_size=3), st.text(max_size=5), max_size=2),
        }
    ),
    max_size=2,
)


def streamed(wire: ModuleType, step: Step) -> bytes:
    asked = {"stream_options": {"include_usage": True}}
    return b"".join([*map(wire.piece, step.pieces()), *wire.calls(step), wire.ending(step, asked)])


def parsed(step: dict[str, Any]) -> Step:
    return parse_script(json.dumps([step])).steps[0]


@WIRES
@given(
    text=st.text(max_size=40),
    calls=CALLS,
    finish=st.sampled_from(["stop", "length"]),
    usage=st.tuples(st.integers(0, 9), st.integers(0, 9)) | st.none(),
)
def test_what_is_heard_says_the_same_again(
    wire: ModuleType, text: str, calls: list[dict[str, Any]], finish: str, usage: tuple[int, int] | None
) -> None:
    said = Step(text=text, calls=tuple(calls), finish=finish, usage=usage)
    heard = parsed(step_of(200, {}, streamed(wire, said), whole=True))
    assert (heard.text, heard.calls, heard.finish) == (said.text, said.calls, said.finish)
    assert (heard.cut, heard.close) == (None, None)
    assert heard.usage == (None if usage is None else list(usage))
    assert streamed(wire, heard) == streamed(wire, said)


@WIRES
def test_an_answer_in_one_piece_is_heard_too(wire: ModuleType) -> None:
    said = Step(text="all of it", calls=({"name": "run", "arguments": {"command": "ls"}},))
    heard = parsed(step_of(200, {}, json.dumps(wire.whole(said)).encode(), whole=True))
    assert (heard.text, heard.calls, heard.close) == (said.text, said.calls, None)


@WIRES
def test_a_stream_that_broke_off_breaks_off_again(wire: ModuleType) -> None:
    body = b"".join(map(wire.piece, Step(text="so far").pieces()))
    broken = parsed(step_of(200, {}, body, whole=False))
    assert (broken.text, broken.cut) == ("so far", True)
    ended = parsed(step_of(200, {}, body, whole=True))
    assert ended.cut is None and ended.close is not None and ended.close >= len(ended.pieces())


@WIRES
def test_a_refusal_is_a_refusal_again(wire: ModuleType) -> None:
    body = json.dumps(wire.error(429, "slow down")).encode()
    heard = parsed(step_of(429, {"retry-after": "3", "set-cookie": "x"}, body, whole=True))
    assert (heard.status, heard.error, heard.headers) == (429, "slow down", {"retry-after": "3"})


def test_what_is_no_answer_goes_out_as_it_came() -> None:
    assert parsed(step_of(200, {}, b"<html>", whole=True)).garbage == b"<html>"


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
ANSWER = (
    "choices delta message content tool_calls function name arguments usage done index finish_reason error"
)
SCRIPT = "steps text calls piece usage garbage cut headers status model tools context repeat name close"


def json_with(names: str) -> st.SearchStrategy[bytes]:
    """JSON whose objects have these names."""
    objects = st.recursive(
        SCALARS,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names.split()), inner, max_size=4)
        ),
        max_leaves=12,
    )
    return objects.map(lambda value: json.dumps(value).encode())


LINES = st.lists(st.binary(max_size=30) | json_with(ANSWER).map(lambda line: b"data: " + line), max_size=5)


@given(st.sampled_from([200, 400, 503]), LINES, st.booleans())
def test_whatever_a_server_says_becomes_a_step(status: int, lines: list[bytes], whole: bool) -> None:
    step = step_of(status, {}, b"\n".join(lines), whole=whole)
    assert isinstance(parsed(step), Step)


@given(st.binary(max_size=40) | json_with(SCRIPT))
def test_a_file_is_a_script_or_it_is_said_why_not(raw: bytes) -> None:
    try:
        script = parse_script(raw)
    except ValueError as error:
        assert str(error)
        return
    for step in script.steps:
        for wire in (openai_wire, ollama_wire):
            assert isinstance(streamed(wire, step), bytes)


def test_a_file_nested_without_end_is_no_script() -> None:
    with pytest.raises(ValueError, match="nested"):
        parse_script(b"[" * 100_000)
