"""Both wires: whatever comes, a reply or a fault, and the same one however it is cut."""

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chorus_ollama.reply
import chorus_resetdata.reply
from chorus_hooks.provider import ProviderFault, Tokens, ToolCall
from contrib.scripted import ollama_wire, openai_wire
from contrib.scripted.script import Step


class Reply(Protocol):
    """What both plugins call so."""

    feed: Callable[[bytes], Any]
    end: Callable[[], Any]
    whole: bool
    calls: tuple[ToolCall, ...]
    tokens: Tokens
    shortened: bool


Outcome = tuple[str, tuple[ToolCall, ...], Tokens, bool, str, str]

REPLIES: dict[str, Callable[[], Any]] = {
    "ollama": chorus_ollama.reply.Reply,
    "openai": chorus_resetdata.reply.Reply,
}
WIRES: dict[str, Any] = {"ollama": ollama_wire, "openai": openai_wire}
ASKED = {"stream_options": {"include_usage": True}}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    [
        *("choices", "delta", "content", "tool_calls", "index", "id", "function", "name", "arguments"),
        *("usage", "prompt_tokens", "completion_tokens", "finish_reason", "error", "message", "code"),
        *("done", "done_reason", "eval_count", "prompt_eval_count"),
    ]
)
NEARLY = st.recursive(
    JSON,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=5),
    max_leaves=20,
)


def outcome(make: Callable[[], Any], pieces: Sequence[bytes]) -> Outcome:
    """All that a reply came to, the fault included."""
    reply: Reply = make()
    texts: list[str] = []
    try:
        for piece in pieces:
            texts += _all(reply.feed(piece), texts)
        if not reply.whole:
            texts += _all(reply.end(), texts)
    except ProviderFault as fault:
        return "".join(texts), reply.calls, reply.tokens, reply.shortened, fault.kind, fault.message
    return "".join(texts), reply.calls, reply.tokens, reply.shortened, "", ""


def _all(pieces: Any, texts: list[str]) -> list[str]:
    """Keeps what comes before a fault."""
    for piece in pieces:
        assert piece
        texts.append(piece)
    return []


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Pieces of it, cut at these places."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def streamed(wire: str, step: Step) -> bytes:
    """A stream as the scripted server says it."""
    told = WIRES[wire]
    return b"".join([*map(told.piece, step.pieces()), *told.calls(step), told.ending(step, ASKED)])


@pytest.mark.parametrize("wire", REPLIES)
@given(data=st.binary(max_size=200), places=st.lists(st.integers(0, 200), max_size=6))
def test_any_bytes_are_a_fault_or_a_reply_however_they_are_cut(
    wire: str, data: bytes, places: list[int]
) -> None:
    assert outcome(REPLIES[wire], cut(data, places)) == outcome(REPLIES[wire], [data])


@pytest.mark.parametrize("wire", REPLIES)
@given(documents=st.lists(NEARLY, max_size=4), places=st.lists(st.integers(0, 2000), max_size=6))
def test_any_objects_are_a_fault_or_a_reply(wire: str, documents: list[Any], places: list[int]) -> None:
    before, after = (b"data: ", b"\n\n") if wire == "openai" else (b"", b"\n")
    data = b"".join(before + json.dumps(document).encode() + after for document in documents)
    assert outcome(REPLIES[wire], cut(data, places)) == outcome(REPLIES[wire], [data])


@pytest.mark.parametrize("wire", REPLIES)
@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    piece=st.integers(1, 20),
    usage=st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)),
    finish=st.sampled_from(["stop", "length"]),
    arguments=st.lists(st.dictionaries(st.text(max_size=4), st.integers()), max_size=3),
    places=st.lists(st.integers(0, 3000), max_size=9),
)
def test_a_stream_becomes_what_was_said(
    wire: str,
    text: str,
    piece: int,
    usage: tuple[int, int],
    finish: str,
    arguments: list[dict[str, int]],
    places: list[int],
) -> None:
    calls = tuple({"name": "run", "arguments": given} for given in arguments)
    step = Step(text=text, piece=piece, usage=usage, finish=finish, calls=calls)
    said, called, tokens, shortened, _, fault = outcome(REPLIES[wire], cut(streamed(wire, step), places))
    assert fault == ""
    assert said == text
    assert [json.loads(call.arguments) for call in called] == arguments
    assert [call.name for call in called] == ["run"] * len(arguments)
    assert tokens == Tokens(*usage, told=True)
    assert shortened == (finish == "length")


@pytest.mark.parametrize("wire", REPLIES)
@given(st.integers(0, 10_000))
def test_a_stream_cut_anywhere_before_its_end_is_no_reply(wire: str, place: int) -> None:
    whole = streamed(wire, Step(text="some words that are said"))
    # The end is known by the last mark itself, the newlines behind it may be lost.
    size = len(whole.rstrip())
    assert outcome(REPLIES[wire], [whole[: place % size]])[4] == "cut"
    assert outcome(REPLIES[wire], [whole[:size]])[4] == ""


@pytest.mark.parametrize("wire", REPLIES)
def test_what_follows_the_end_is_not_looked_at(wire: str) -> None:
    assert outcome(REPLIES[wire], [streamed(wire, Step(text="yes")) + b"\xff garbage"])[0] == "yes"


@pytest.mark.parametrize("done", [False, None, 1, "true", {}])
def test_only_a_true_done_ends_a_reply_of_ollama(done: object) -> None:
    line = json.dumps({"message": {"content": "yes"}, "done": done}).encode() + b"\n"
    assert outcome(REPLIES["ollama"], [line])[::4] == ("yes", "cut")


def test_an_error_in_the_stream_is_told() -> None:
    line = b'{"error": "an error was encountered while running the model"}\n'
    assert outcome(REPLIES["ollama"], [line])[4] == "unreachable"
    event = b'data: {"error": {"code": 429, "message": "slow down", "type": "rate_limit"}}\n\n'
    assert outcome(REPLIES["openai"], [event])[4:] == ("busy", "the model stopped with an error: slow down")


def test_a_stream_that_says_nothing_but_that_it_is_done_is_empty() -> None:
    assert outcome(REPLIES["openai"], [b"data: [DONE]\n\n"])[4:] == ("cut", "the reply is empty")


def test_events_may_have_comments_other_fields_and_several_lines_of_data() -> None:
    data = (
        b': a comment\nevent: message\nid: 7\nretry: 3\ndata:{"choices":\n'
        b'data: [{"delta": {"content": "yes"}}]}\n\n: ping\n\ndata:[DONE]\n\n'
    )
    assert outcome(REPLIES["openai"], [data])[::4] == ("yes", "")


def test_what_a_model_thinks_is_not_what_it_says() -> None:
    event = (
        b'data: {"choices": [{"delta": {"reasoning_content": "hm", "content": "yes"}}]}\n\ndata: [DONE]\n\n'
    )
    assert outcome(REPLIES["openai"], [event])[0] == "yes"
    line = b'{"message": {"thinking": "hm", "content": "yes"}, "done": true}\n'
    assert outcome(REPLIES["ollama"], [line])[0] == "yes"
