"""The Anthropic wire: `POST /v1/messages`. Pure."""

import secrets
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from chorus_gateway.asked import Asked, Refusal, as_json, checked, decoded, texts
from chorus_hooks.agent import Spoken
from chorus_hooks.provider import ChatRequest, Message, Tool, ToolCall

_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
}
_PRIVATE: Final = ("thinking", "redacted_thinking")
"""A model's own thoughts, which no other model can use."""


class _Block(msgspec.Struct):
    type: str
    text: str = ""
    id: str = ""
    name: str = ""
    input: Any = None
    tool_use_id: str = ""
    content: "str | list[_Block] | None" = None


class _Turn(msgspec.Struct):
    role: str
    content: str | list[_Block]


class _Tool(msgspec.Struct):
    name: str
    description: str | None = None
    input_schema: dict[str, Any] | None = None


class _Choice(msgspec.Struct):
    type: str


class _Document(msgspec.Struct):
    model: str
    messages: list[_Turn]
    max_tokens: int | None = None
    system: str | list[_Block] | None = None
    stream: bool | None = None
    temperature: float | None = None
    tools: list[_Tool] | None = None
    tool_choice: _Choice | None = None
    stop_sequences: list[str] | None = None


class Anthropic:
    """Implements `Wire`."""

    def parse(self, body: bytes) -> Asked:
        """See `Wire.parse`."""
        document = decoded(body, _Document)
        if document.stop_sequences:
            raise Refusal(400, "stop_sequences are not passed on: cut the reply yourself")
        choice = "auto" if document.tool_choice is None else document.tool_choice.type
        if choice not in ("auto", "none"):
            raise Refusal(400, "tool_choice can be auto or none")
        request = ChatRequest(
            model=document.model,
            messages=tuple(_messages(document)),
            max_tokens=document.max_tokens,
            temperature=document.temperature or 0.0,
            tools=() if choice == "none" else tuple(map(_tool, document.tools or ())),
        )
        return Asked(checked(request), document.model, bool(document.stream), usage=True)

    def answer(self, asked: Asked) -> "AnthropicAnswer":
        """See `Wire.answer`."""
        return AnthropicAnswer(asked.model)

    def error(self, status: int, why: str, code: str) -> bytes:
        """See `Wire.error`."""
        kind = _TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
        if code == "context_length_exceeded":
            why = f"prompt is too long: {why}"  # the words by which clients know it
        return msgspec.json.encode({"type": "error", "error": {"type": kind, "message": why}})


class AnthropicAnswer:
    """Implements `Answer`."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._id = f"msg_{secrets.token_hex(12)}"
        self._open = False

    def begin(self) -> bytes:
        """See `Answer.begin`. What was read is known at the end only, and told there."""
        usage = {"input_tokens": 0, "output_tokens": 0}
        message = {**self._message(), "content": [], "stop_reason": None, "usage": usage}
        return _event("message_start", message=message)

    def piece(self, text: str) -> bytes:
        """See `Answer.piece`."""
        begun = b"" if self._open else _event("content_block_start", index=0, content_block=_text(""))
        self._open = True
        return begun + _event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})

    def end(self, spoken: Spoken) -> bytes:
        """See `Answer.end`."""
        events = [_event("content_block_stop", index=0)] if self._open else []
        for index, call in enumerate(spoken.calls, int(self._open)):
            delta = {"type": "input_json_delta", "partial_json": as_json(_input(call))}
            events += [
                _event("content_block_start", index=index, content_block={**_used(call), "input": {}}),
                _event("content_block_delta", index=index, delta=delta),
                _event("content_block_stop", index=index),
            ]
        stop = {"stop_reason": _why(spoken), "stop_sequence": None}
        events += [_event("message_delta", delta=stop, usage=_usage(spoken)), _event("message_stop")]
        return b"".join(events)

    def broken(self, why: str) -> bytes:
        """See `Answer.broken`."""
        return _event("error", error={"type": "api_error", "message": why})

    def whole(self, spoken: Spoken) -> bytes:
        """See `Answer.whole`."""
        blocks: list[dict[str, Any]] = [_text(spoken.text)] if spoken.text or not spoken.calls else []
        blocks += [{**_used(call), "input": _input(call)} for call in spoken.calls]
        fields = {"content": blocks, "stop_reason": _why(spoken), "usage": _usage(spoken)}
        return msgspec.json.encode({**self._message(), **fields})

    def _message(self) -> dict[str, Any]:
        return {
            "id": self._id,
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "stop_sequence": None,
        }


def _event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: ".encode() + msgspec.json.encode({"type": kind, **fields}) + b"\n\n"


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _used(call: ToolCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": call.id, "name": call.name}


def _input(call: ToolCall) -> dict[str, Any]:
    """This wire has objects only; what the model wrote may be none."""
    try:
        value = msgspec.json.decode(call.arguments)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {"text": call.arguments}


def _why(spoken: Spoken) -> str:
    if spoken.shortened:
        return "max_tokens"
    return "tool_use" if spoken.calls else "end_turn"


def _usage(spoken: Spoken) -> dict[str, int]:
    return {"input_tokens": spoken.tokens.prompt, "output_tokens": spoken.tokens.reply}


def _messages(document: _Document) -> Iterator[Message]:
    if document.system:
        yield Message("system", _said(document.system))
    for turn in document.messages:
        blocks = [_Block("text", turn.content)] if isinstance(turn.content, str) else turn.content
        if turn.role == "assistant":
            yield _assistant([block for block in blocks if block.type not in _PRIVATE])
        elif turn.role == "user":
            yield from _user(blocks)
        else:
            raise Refusal(400, f"there is no role {turn.role[:40]!r}")


def _assistant(blocks: list[_Block]) -> Message:
    calls = tuple(
        ToolCall(block.id, block.name, as_json(block.input or {}))
        for block in blocks
        if block.type == "tool_use"
    )
    return Message("assistant", _said([block for block in blocks if block.type != "tool_use"]), calls)


def _user(blocks: list[_Block]) -> Iterator[Message]:
    rest = [block for block in blocks if block.type != "tool_result"]
    for block in blocks:
        if block.type == "tool_result":
            yield Message("tool", _said(block.content or ""), call_id=block.tool_use_id)
    if rest or not blocks:
        yield Message("user", _said(rest))


def _said(content: str | list[_Block]) -> str:
    if isinstance(content, str):
        return content
    return texts(
        content, lambda block: block.text if block.type == "text" else None, lambda block: block.type
    )


def _tool(tool: _Tool) -> Tool:
    if tool.input_schema is None:
        raise Refusal(
            400, f"the tool {tool.name[:40]!r} has no input_schema: tools of a server are not offered"
        )
    return Tool(tool.name, tool.description or "", tool.input_schema)
