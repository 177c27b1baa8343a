"""What a server answered to a chat, as the step of a script that answers the same. Pure.

Both wires are read from the whole body: chunks in server-sent events or one completion (OpenAI), an object a
line or one for all (Ollama). What is no such thing becomes a step that sends the same bytes.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_FINISHES = {
    "tool_calls": "stop",
    "function_call": "stop",
}  # the server says these by itself, where there are calls


@dataclass
class _Reply:
    text: list[str] = field(default_factory=list)
    calls: dict[int, list[str]] = field(default_factory=dict)  # by index: the name, and the arguments so far
    finish: str = "stop"
    usage: list[int] | None = None
    ended: bool = False
    understood: bool = False

    def step(self, *, whole: bool) -> dict[str, Any]:
        text = "".join(self.text)
        calls = [_call(name, arguments) for _, (name, arguments) in sorted(self.calls.items())]
        step: dict[str, Any] = {"text": text, "usage": self.usage}
        if calls:
            step["calls"] = calls
        if self.finish != "stop":
            step["finish"] = self.finish
        if not whole:
            step["cut"] = True
        elif not self.ended:
            step["close"] = len(text) + 2 * len(calls)  # beyond the last piece
        return step


def step_of(status: int, headers: Mapping[str, str], body: bytes, *, whole: bool) -> dict[str, Any]:
    """The step. `whole` says that the connection did not break while the body came."""
    if status != 200:
        step: dict[str, Any] = {"status": status, "error": _error(body)}
        kept = {name: headers[name] for name in ("retry-after",) if name in headers}
        return {**step, "headers": kept} if kept else step
    reply = _Reply()
    for document in _documents(body):
        _take(reply, document)
    if not reply.understood and whole:
        return {"garbage": base64.b64encode(body).decode()}
    return reply.step(whole=whole)


def _documents(body: bytes) -> Iterator[dict[str, Any] | None]:
    """Each JSON object of the body; None for the end marker of an event stream."""
    for line in body.splitlines():
        text = line.removeprefix(b"data:").strip()
        if text == b"[DONE]":
            yield None
            continue
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(document, dict):
            yield document


def _take(reply: _Reply, document: dict[str, Any] | None) -> None:
    if document is None:
        reply.ended = True
    elif isinstance(document.get("choices"), list):
        reply.understood = True
        _take_openai(reply, document)
    elif isinstance(document.get("message"), dict):
        reply.understood = True
        _take_ollama(reply, document)


def _take_openai(reply: _Reply, document: dict[str, Any]) -> None:
    usage = document.get("usage")
    if isinstance(usage, dict):
        reply.usage = _counts(usage.get("prompt_tokens"), usage.get("completion_tokens"))
    for choice in document["choices"][:1]:
        if not isinstance(choice, dict):
            continue
        said = choice.get("delta") or choice.get("message")
        if isinstance(said, dict):
            _take_text(reply, said)
            for number, call in enumerate(_list(said.get("tool_calls"))):
                _take_call(reply, call, number)
        if isinstance(choice.get("finish_reason"), str):
            reply.finish = _FINISHES.get(choice["finish_reason"], choice["finish_reason"])
        reply.ended |= "message" in choice


def _take_call(reply: _Reply, call: Any, number: int) -> None:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        return
    index = call.get("index")
    so_far = reply.calls.setdefault(index if isinstance(index, int) else number, ["", ""])
    for place, name in enumerate(("name", "arguments")):
        if isinstance(function.get(name), str):
            so_far[place] += function[name]


def _take_ollama(reply: _Reply, document: dict[str, Any]) -> None:
    message = document["message"]
    _take_text(reply, message)
    for call in _list(message.get("tool_calls")):
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict) and isinstance(function.get("name"), str):
            arguments = json.dumps(function.get("arguments", {}))
            reply.calls[len(reply.calls)] = [function["name"], arguments]
    if document.get("done") is True:
        reply.ended = True
        reply.usage = _counts(document.get("prompt_eval_count"), document.get("eval_count"))
        if isinstance(document.get("done_reason"), str):
            reply.finish = document["done_reason"]


def _take_text(reply: _Reply, said: dict[str, Any]) -> None:
    if isinstance(said.get("content"), str):
        reply.text.append(said["content"])


def _counts(prompt: Any, answer: Any) -> list[int] | None:
    return [prompt, answer] if isinstance(prompt, int) and isinstance(answer, int) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _call(name: str, arguments: str) -> dict[str, Any]:
    """Arguments as an object, for both wires; text that is none goes out as it came."""
    try:
        value = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        value = None
    return {"name": name, "arguments": value if isinstance(value, dict) else arguments}


def _error(body: bytes) -> str:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    error = document.get("error") if isinstance(document, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) else body[:500].decode("utf-8", "replace")
