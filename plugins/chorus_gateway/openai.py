"""The OpenAI wire: `POST /v1/chat/completions` and the list of models. Pure."""

import secrets
import time
from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec

from chorus_gateway.asked import Asked, Refusal, checked, decoded, texts
from chorus_hooks.agent import Spoken
from chorus_hooks.provider import ChatRequest, Message, Role, Tool, ToolCall

_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}
_TYPES: Final = {400: "invalid_request_error", 401: "authentication_error", 404: "invalid_request_error"}


class _Part(msgspec.Struct):
    type: str
    text: str = ""


class _Function(msgspec.Struct):
    name: str
    arguments: str = ""


class _Call(msgspec.Struct):
    id: str
    function: _Function


class _Turn(msgspec.Struct):
    role: str
    content: str | list[_Part] | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None


class _Offered(msgspec.Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class _Tool(msgspec.Struct):
    type: str
    function: _Offered | None = None


class _Options(msgspec.Struct):
    include_usage: bool | None = None


class _Schema(msgspec.Struct):
    schema: dict[str, Any] | None = None


class _Format(msgspec.Struct):
    type: str
    json_schema: _Schema | None = None


class _Document(msgspec.Struct):
    model: str
    messages: list[_Turn]
    stream: bool | None = None
    stream_options: _Options | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    seed: int | None = None
    tools: list[_Tool] | None = None
    tool_choice: Any = None
    response_format: _Format | None = None
    n: int | None = None
    stop: Any = None


class OpenAI:
    """Implements `Wire`."""

    def parse(self, body: bytes) -> Asked:
        """See `Wire.parse`."""
        document = decoded(body, _Document)
        if document.n not in (None, 1):
            raise Refusal(400, "n is not 1: there is one reply to a request")
        if document.stop:
            raise Refusal(400, "stop is not passed on: cut the reply yourself")
        if document.tool_choice not in (None, "auto", "none"):
            raise Refusal(400, "tool_choice can be auto or none")
        tools = [] if document.tool_choice == "none" else document.tools or []
        request = ChatRequest(
            model=document.model,
            messages=tuple(map(_message, document.messages)),
            max_tokens=document.max_completion_tokens or document.max_tokens,
            temperature=document.temperature or 0.0,
            seed=document.seed,
            schema=_schema(document.response_format),
            tools=tuple(map(_tool, tools)),
        )
        usage = document.stream_options is not None and bool(document.stream_options.include_usage)
        return Asked(checked(request), document.model, bool(document.stream), usage)

    def answer(self, asked: Asked) -> "OpenAIAnswer":
        """See `Wire.answer`."""
        return OpenAIAnswer(asked.model, usage=asked.usage)

    def error(self, status: int, why: str, code: str) -> bytes:
        """See `Wire.error`."""
        kind = _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
        return msgspec.json.encode({"error": {"message": why, "type": kind, "param": None, "code": code}})


class OpenAIAnswer:
    """Implements `Answer`."""

    def __init__(self, model: str, *, usage: bool) -> None:
        self._model = model
        self._usage = usage
        self._id = f"chatcmpl-{secrets.token_hex(12)}"
        self._created = int(time.time())

    def begin(self) -> bytes:
        """See `Answer.begin`."""
        return self._chunk({"role": "assistant", "content": ""})

    def piece(self, text: str) -> bytes:
        """See `Answer.piece`."""
        return self._chunk({"content": text})

    def end(self, spoken: Spoken) -> bytes:
        """See `Answer.end`."""
        calls = b"".join(
            self._chunk({"tool_calls": [{"index": index, **_called(call)}]})
            for index, call in enumerate(spoken.calls)
        )
        last = self._chunk({}, finish=_finish(spoken))
        usage = self._event({"choices": [], "usage": _used(spoken)}) if self._usage else b""
        return calls + last + usage + b"data: [DONE]\n\n"

    def broken(self, why: str) -> bytes:
        """See `Answer.broken`."""
        return b"data: " + OpenAI().error(502, why, "reply_cut") + b"\n\n"

    def whole(self, spoken: Spoken) -> bytes:
        """See `Answer.whole`."""
        message: dict[str, Any] = {"role": "assistant", "content": spoken.text, "refusal": None}
        if spoken.calls:
            message["tool_calls"] = [_called(call) for call in spoken.calls]
            message["content"] = spoken.text or None
        choice = {"index": 0, "message": message, "finish_reason": _finish(spoken), "logprobs": None}
        document = self._document("chat.completion")
        return msgspec.json.encode({**document, "choices": [choice], "usage": _used(spoken)})

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        return self._event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    def _event(self, fields: dict[str, Any]) -> bytes:
        document = {**self._document("chat.completion.chunk"), **fields}
        return b"data: " + msgspec.json.encode(document) + b"\n\n"

    def _document(self, kind: str) -> dict[str, Any]:
        return {"id": self._id, "object": kind, "created": self._created, "model": self._model}


def listed(names: Iterable[str]) -> bytes:
    """The answer to `GET /v1/models`; Anthropic's clients read it, too."""
    data = [
        {
            "id": name,
            "object": "model",
            "type": "model",
            "display_name": name,
            "created": 0,
            "owned_by": "chorus",
        }
        for name in names
    ]
    return msgspec.json.encode({"object": "list", "data": data, "has_more": False})


def _message(turn: _Turn) -> Message:
    role = _ROLES.get(turn.role)
    if role is None:
        raise Refusal(400, f"there is no role {turn.role[:40]!r}")
    content = turn.content or ""
    text = content if isinstance(content, str) else texts(content, _part, lambda part: part.type)
    calls = tuple(
        ToolCall(call.id, call.function.name, call.function.arguments) for call in turn.tool_calls or ()
    )
    return Message(role, text, calls if role == "assistant" else (), turn.tool_call_id or "")


def _part(part: _Part) -> str | None:
    return part.text if part.type in ("text", "refusal") else None


def _tool(tool: _Tool) -> Tool:
    if tool.type != "function" or tool.function is None:
        raise Refusal(400, f"a tool of the type {tool.type[:40]!r} is not offered: only functions are")
    offered = tool.function
    parameters = offered.parameters or {"type": "object", "properties": {}}
    return Tool(offered.name, offered.description or "", parameters)


def _schema(wanted: _Format | None) -> dict[str, Any] | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_schema" and wanted.json_schema is not None:
        return wanted.json_schema.schema
    raise Refusal(400, f"response_format {wanted.type[:40]!r} is not offered: text and json_schema are")


def _called(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _finish(spoken: Spoken) -> Literal["length", "tool_calls", "stop"]:
    if spoken.shortened:
        return "length"
    return "tool_calls" if spoken.calls else "stop"


def _used(spoken: Spoken) -> dict[str, int]:
    prompt, reply = spoken.tokens.prompt, spoken.tokens.reply
    return {"prompt_tokens": prompt, "completion_tokens": reply, "total_tokens": prompt + reply}
