"""A step as the OpenAI API says it: chunks in server-sent events, or one completion. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from contrib.scripted.script import Script, Step

MEDIA_TYPE = "text/event-stream"
FIXED = {"id": "chatcmpl-scripted", "created": 1_700_000_000, "model": "scripted"}


def piece(text: str) -> bytes:
    return _event(_chunk({"role": "assistant", "content": text}))


def calls(step: Step) -> Iterator[bytes]:
    """Each call in two parts, as real servers cut them."""
    for index, call in enumerate(step.calls):
        text = arguments(call)
        head = {
            "index": index,
            "id": f"call_{index}",
            "type": "function",
            "function": {"name": call["name"], "arguments": text[: len(text) // 2]},
        }
        rest = {"index": index, "function": {"arguments": text[len(text) // 2 :]}}
        yield _event(_chunk({"tool_calls": [head]}))
        yield _event(_chunk({"tool_calls": [rest]}))


def ending(step: Step, asked: Mapping[str, Any]) -> bytes:
    last = _event(_chunk({}, finish=finish(step)))
    wanted = (asked.get("stream_options") or {}).get("include_usage")
    if wanted and step.usage is not None:
        last += _event({**_head("chat.completion.chunk"), "choices": [], "usage": usage(step)})
    return last + b"data: [DONE]\n\n"


def whole(step: Step) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": step.text or None}
    if step.calls:
        message["tool_calls"] = [
            {
                "id": f"call_{index}",
                "type": "function",
                "function": {"name": call["name"], "arguments": arguments(call)},
            }
            for index, call in enumerate(step.calls)
        ]
    choice = {"index": 0, "message": message, "finish_reason": finish(step), "logprobs": None}
    return {**_head("chat.completion"), "choices": [choice], "usage": usage(step)}


def error(status: int, message: str) -> dict[str, Any]:
    kind = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}.get(status, "error")
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def models(script: Script) -> dict[str, Any]:
    model = {
        "id": script.model,
        "object": "model",
        "created": FIXED["created"],
        "owned_by": "scripted",
        "context_length": script.context,
        "supported_parameters": ["tools", "structured_outputs"] if script.tools else ["structured_outputs"],
    }
    return {"object": "list", "data": [model]}


def arguments(call: Mapping[str, Any]) -> str:
    given = call.get("arguments", {})
    return given if isinstance(given, str) else json.dumps(given)


def finish(step: Step) -> str:
    return "tool_calls" if step.calls and step.finish == "stop" else step.finish


def usage(step: Step) -> Any:
    if not isinstance(step.usage, list | tuple):
        return step.usage
    prompt, reply = step.usage_pair()
    total = prompt + reply if isinstance(prompt, int) and isinstance(reply, int) else None
    return {"prompt_tokens": prompt, "completion_tokens": reply, "total_tokens": total}


def _chunk(delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return {**_head("chat.completion.chunk"), "choices": [choice]}


def _head(kind: str) -> dict[str, Any]:
    return {**FIXED, "object": kind}


def _event(document: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(document).encode() + b"\n\n"
