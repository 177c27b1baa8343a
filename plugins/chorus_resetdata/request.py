"""A chat as `POST /chat/completions` of the OpenAI API wants it. Pure."""

from typing import Any

from chorus_hooks.provider import ChatRequest, Message, Tool, ToolCall


def chat_document(request: ChatRequest) -> dict[str, Any]:
    """The body of the request, for a stream that ends with what was used."""
    document: dict[str, Any] = {
        "model": request.model,
        "messages": [_message(message) for message in request.messages],
        "temperature": request.temperature,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.max_tokens is not None:
        document["max_tokens"] = request.max_tokens
    if request.seed is not None:
        document["seed"] = request.seed
    if request.schema is not None:
        schema = {"name": "reply", "strict": True, "schema": dict(request.schema)}
        document["response_format"] = {"type": "json_schema", "json_schema": schema}
    if request.tools:
        document["tools"] = [_tool(tool) for tool in request.tools]
    return document


def _message(message: Message) -> dict[str, Any]:
    document: dict[str, Any] = {"role": message.role, "content": message.text}
    if message.calls:
        document["tool_calls"] = [_call(call) for call in message.calls]
    if message.role == "tool":
        document["tool_call_id"] = message.call_id
    return document


def _call(call: ToolCall) -> dict[str, Any]:
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.meaning, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}
