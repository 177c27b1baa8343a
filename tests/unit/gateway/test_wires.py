"""Both wires: what comes in as one kind of request, what goes out as their own documents and events."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_gateway.anthropic import Anthropic
from chorus_gateway.asked import Asked, Refusal, Wire
from chorus_gateway.openai import OpenAI, listed
from chorus_hooks.agent import Spoken
from chorus_hooks.provider import Message, Tokens, Tool, ToolCall

OPENAI, ANTHROPIC = OpenAI(), Anthropic()
WIRES = pytest.mark.parametrize("wire", [OPENAI, ANTHROPIC], ids=["openai", "anthropic"])

SCHEMA = {"type": "object", "properties": {"x": {"type": "string"}}}
MESSAGES = (
    Message("system", "Act."),
    Message("user", "go\non"),
    Message("assistant", "I call.", (ToolCall("c1", "run", '{"x":"1"}'),)),
    Message("tool", "seen", call_id="c1"),
)
IN_OPENAI: dict[str, Any] = {
    "model": "chorus",
    "max_completion_tokens": 7,
    "temperature": 0.5,
    "stream": True,
    "stream_options": {"include_usage": True},
    "messages": [
        {"role": "developer", "content": "Act."},
        {"role": "user", "content": [{"type": "text", "text": "go"}, {"type": "text", "text": "on"}]},
        {
            "role": "assistant",
            "content": "I call.",
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "run", "arguments": '{"x":"1"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "seen"},
    ],
    "tools": [{"type": "function", "function": {"name": "run", "description": "runs", "parameters": SCHEMA}}],
    "parallel_tool_calls": False,
    "user": "whoever",
}
IN_ANTHROPIC: dict[str, Any] = {
    "model": "chorus",
    "max_tokens": 7,
    "temperature": 0.5,
    "stream": True,
    "system": [{"type": "text", "text": "Act.", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "go"}, {"type": "text", "text": "on"}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "text", "text": "I call."},
                {"type": "tool_use", "id": "c1", "name": "run", "input": {"x": "1"}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "seen"}]},
    ],
    "tools": [{"name": "run", "description": "runs", "input_schema": SCHEMA}],
    "metadata": {"user_id": "whoever"},
}
SPOKEN = Spoken("It is", (ToolCall("c2", "run", '{"x":"é"}'),), Tokens(30, 4, told=True), False, "p/m")


def parsed(wire: Wire, document: Any) -> Asked:
    return wire.parse(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("wire", "document"), [(OPENAI, IN_OPENAI), (ANTHROPIC, IN_ANTHROPIC)], ids=["openai", "anthropic"]
)
def test_both_wires_say_the_same_request(wire: Wire, document: dict[str, Any]) -> None:
    asked = parsed(wire, document)
    assert (asked.model, asked.stream, asked.usage) == ("chorus", True, True)
    assert asked.request.messages == MESSAGES
    assert asked.request.tools == (Tool("run", "runs", SCHEMA),)
    assert (asked.request.max_tokens, asked.request.temperature) == (7, 0.5)


@pytest.mark.parametrize(
    "change",
    [
        {"messages": []},
        {"messages": [{"role": "root", "content": "x"}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
        {"n": 2},
        {"stop": ["x"]},
        {"tool_choice": "required"},
        {"tools": [{"type": "web_search"}]},
        {"response_format": {"type": "json_object"}},
        {"temperature": 3},
        {"max_completion_tokens": -1},
        {"model": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_cannot_be_passed_on_is_refused_and_not_dropped(change: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refusal:
        parsed(OPENAI, IN_OPENAI | change)
    assert refusal.value.status == 400


@pytest.mark.parametrize(
    "change",
    [
        {"messages": [], "system": None},
        {"messages": [{"role": "system", "content": "x"}]},
        {"messages": [{"role": "user", "content": [{"type": "image"}]}]},
        {"stop_sequences": ["x"]},
        {"tool_choice": {"type": "any"}},
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_other_wire_refuses_alike(change: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refusal:
        parsed(ANTHROPIC, IN_ANTHROPIC | change)
    assert refusal.value.status == 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@WIRES
@given(st.data())
def test_no_document_does_more_than_be_refused(wire: Wire, data: st.DataObject) -> None:
    good = IN_OPENAI if wire is OPENAI else IN_ANTHROPIC
    field = data.draw(st.sampled_from(sorted(good)))
    for document in (good | {field: data.draw(JSON)}, data.draw(JSON)):
        try:
            parsed(wire, document)
        except Refusal as refusal:
            assert refusal.status == 400


@WIRES
@given(st.binary(max_size=60))
def test_no_bytes_do_more_than_be_refused(wire: Wire, body: bytes) -> None:
    with pytest.raises(Refusal):
        wire.parse(body)


def events(raw: bytes) -> list[Any]:
    lines = [line[len("data: ") :] for line in raw.decode().split("\n") if line.startswith("data: ")]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


def test_a_stream_of_openai() -> None:
    answer = OPENAI.answer(parsed(OPENAI, IN_OPENAI))
    *chunks, usage, done = events(
        answer.begin() + answer.piece("It ") + answer.piece("is") + answer.end(SPOKEN)
    )
    assert done == "[DONE]"
    assert usage["usage"] == {"prompt_tokens": 30, "completion_tokens": 4, "total_tokens": 34}
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert "".join(delta.get("content", "") for delta in deltas) == "It is"
    assert deltas[-2]["tool_calls"][0]["function"] == {"name": "run", "arguments": '{"x":"é"}'}
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert len({chunk["id"] for chunk in [*chunks, usage]}) == 1


def test_a_stream_of_anthropic() -> None:
    answer = ANTHROPIC.answer(parsed(ANTHROPIC, IN_ANTHROPIC))
    told = events(answer.begin() + answer.piece("It ") + answer.piece("is") + answer.end(SPOKEN))
    assert [event["type"].removeprefix("content_block_") for event in told] == [
        *("message_start", "start", "delta", "delta", "stop"),
        *("start", "delta", "stop", "message_delta", "message_stop"),
    ]
    assert [event["index"] for event in told[1:-2]] == [0, 0, 0, 0, 1, 1, 1]
    assert json.loads(told[6]["delta"]["partial_json"]) == {"x": "é"}
    assert told[-2]["delta"]["stop_reason"] == "tool_use"
    assert told[-2]["usage"] == {"input_tokens": 30, "output_tokens": 4}


def test_whole_answers() -> None:
    openai = json.loads(OPENAI.answer(parsed(OPENAI, IN_OPENAI)).whole(SPOKEN))
    assert openai["choices"][0]["message"]["tool_calls"][0]["id"] == "c2"
    anthropic = json.loads(ANTHROPIC.answer(parsed(ANTHROPIC, IN_ANTHROPIC)).whole(SPOKEN))
    assert [block["type"] for block in anthropic["content"]] == ["text", "tool_use"]
    cut = Spoken("x", (), Tokens(), True, "p/m")
    assert json.loads(OPENAI.answer(parsed(OPENAI, IN_OPENAI)).whole(cut))["choices"][0]["finish_reason"] == (
        "length"
    )


def test_arguments_that_are_no_object_are_wrapped_where_a_wire_has_objects_only() -> None:
    spoken = Spoken("", (ToolCall("c", "run", "not json"),), Tokens(), False, "p/m")
    answer = ANTHROPIC.answer(parsed(ANTHROPIC, IN_ANTHROPIC))
    (block,) = json.loads(answer.whole(spoken))["content"]
    assert block["input"] == {"text": "not json"}


def test_a_prompt_that_is_too_long_is_told_in_the_words_of_each_wire() -> None:
    openai = json.loads(OPENAI.error(400, "too many", "context_length_exceeded"))
    anthropic = json.loads(ANTHROPIC.error(400, "too many", "context_length_exceeded"))
    assert openai["error"]["code"] == "context_length_exceeded"
    assert anthropic["error"]["message"].startswith("prompt is too long")


def test_models_are_listed_for_both() -> None:
    document = json.loads(listed(["chorus", "p/m"]))
    assert [(entry["id"], entry["object"], entry["type"]) for entry in document["data"]] == [
        ("chorus", "model", "model"),
        ("p/m", "model", "model"),
    ]
