"""A step as Ollama's API says it: one JSON object a line, or one for all. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from contrib.scripted.script import Script, Step

MEDIA_TYPE = "application/x-ndjson"
FIXED = {"model": "scripted", "created_at": "2023-11-14T22:13:20Z"}
DETAILS = {
    "parent_model": "",
    "format": "gguf",
    "family": "scripted",
    "families": ["scripted"],
    "parameter_size": "0B",
    "quantization_level": "F32",
}


def piece(text: str) -> bytes:
    return _line({**FIXED, "message": {"role": "assistant", "content": text}, "done": False})


def calls(step: Step) -> Iterator[bytes]:
    for call in step.calls:
        message = {"role": "assistant", "content": "", "tool_calls": [_call(call)]}
        yield _line({**FIXED, "message": message, "done": False})


def ending(step: Step, asked: Mapping[str, Any]) -> bytes:
    return _line({**FIXED, "message": {"role": "assistant", "content": ""}, **_end(step)})


def whole(step: Step) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": step.text}
    if step.calls:
        message["tool_calls"] = [_call(call) for call in step.calls]
    return {**FIXED, "message": message, **_end(step)}


def error(status: int, message: str) -> dict[str, Any]:
    return {"error": message}


def models(script: Script) -> dict[str, Any]:
    model = {
        "name": script.model,
        "model": script.model,
        "modified_at": FIXED["created_at"],
        "size": 0,
        "digest": "0" * 64,
        "details": DETAILS,
    }
    return {"models": [model]}


def shown(script: Script) -> dict[str, Any]:
    return {
        "modified_at": FIXED["created_at"],
        "details": DETAILS,
        "model_info": {"general.architecture": "scripted", "scripted.context_length": script.context},
        "capabilities": ["completion", "tools"] if script.tools else ["completion"],
    }


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    return {"function": {"name": call["name"], "arguments": call.get("arguments", {})}}


def _end(step: Step) -> dict[str, Any]:
    end: dict[str, Any] = {"done": True, "done_reason": step.finish, "total_duration": 1, "load_duration": 1}
    if step.usage is not None:
        end["prompt_eval_count"], end["eval_count"] = step.usage_pair()
    return end


def _line(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode() + b"\n"
