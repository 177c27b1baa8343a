"""A chat as Ollama's `POST /api/chat` wants it. Pure."""

import json
from collections.abc import Sequence
from typing import Any, Final

from chorus_hooks.provider import ChatRequest, Message, Tool

SMALLEST_WINDOW: Final = 8192
"""Tokens. Ollama drops the oldest messages without a word when its window, 4,096 by itself, is too small."""
REPLY: Final = 2048
"""Tokens that are kept free for a reply of no given length."""
_BYTES_A_TOKEN = 3


def chat_document(request: ChatRequest, *, context: int | None = None) -> dict[str, Any]:
    """The body of the request; `context` is the longest window of the model, where that is known."""
    options: dict[str, Any] = {
        "temperature": request.temperature,
        "num_ctx": window(request, context),
    }
    if request.max_tokens is not None:
        options["num_predict"] = request.max_tokens
    if request.seed is not None:
        options["seed"] = request.seed
    document: dict[str, Any] = {
        "model": request.model,
        "messages": _messages(request.messages),
        "stream": True,
        "options": options,
    }
    if request.schema is not None:
        document["format"] = dict(request.schema)
    if request.tools:
        document["tools"] = [_tool(tool) for tool in request.tools]
    return document


def window(request: ChatRequest, context: int | None) -> int:
    """How many tokens the model has to hold: doubled until it does, since each other size loads it again."""
    asked = sum(len(message.text.encode(errors="replace")) for message in request.messages)
    asked += sum(len(call.arguments) for message in request.messages for call in message.calls)
    needed = asked // _BYTES_A_TOKEN + (request.max_tokens or REPLY)
    size = SMALLEST_WINDOW
    while size < needed:
        size *= 2
    return min(size, context) if context else size


def _messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    named = {call.id: call.name for message in messages for call in message.calls}
    return [_message(message, named.get(message.call_id, "")) for message in messages]


def _message(message: Message, tool: str) -> dict[str, Any]:
    document: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.calls:
        document["tool_calls"] = [
            {"function": {"name": call.name, "arguments": _arguments(call.arguments)}}
            for call in message.calls
        ]
    if message.role == "tool" and tool:
        document["tool_name"] = tool
    return document


def _arguments(text: str) -> dict[str, Any]:
    """Ollama takes an object only; what the model wrote may be none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {"text": text}


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.meaning, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}
