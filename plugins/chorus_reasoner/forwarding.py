"""Requests of programs that are not ours: how they are recorded, told, and answered with a no. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

import msgspec

from chorus_hooks.agent import NoReply, NoReplyKind
from chorus_hooks.provider import ChatRequest, FaultKind, Message, Tool
from chorus_reasoner.event import Fault, Reply, Said
from chorus_reasoner.excerpt import head_and_tail
from chorus_reasoner.hearing import told
from chorus_reasoner.redaction import Redactor
from chorus_reasoner.talk import Heard

MOST_TEXT: Final = 64 << 10
"""Characters of one message that a transcript keeps; the hash of a longer one tells which it was."""
MOST_NEW: Final = 1 << 20
"""Characters that one request may add to it."""

_KINDS: Final[Mapping[FaultKind | None, NoReplyKind]] = {
    "context": "context",
    "invalid": "invalid",
    "cut": "cut",
}


@dataclass
class Delta:
    """Tells requests by what is new in them: an agent sends its whole conversation with each."""

    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()

    def fields(self, request: ChatRequest, redactor: Redactor) -> dict[str, Any]:
        """`same` messages are as in the request before, `new` follow them; `tools` only when they changed."""
        same = _common(self.messages, request.messages)
        fields: dict[str, Any] = {"same": same, "new": _kept(request.messages[same:], redactor)}
        if request.tools != self.tools:
            raw = msgspec.json.encode(request.tools).decode()
            fields["tools"] = _text(redactor.text(raw), MOST_TEXT)
        self.messages, self.tools = request.messages, request.tools
        return fields


def steered(request: ChatRequest, said: Sequence[Said]) -> ChatRequest:
    """With what people say to the task at its end: again each time, since the agent does not know of it."""
    heard = [Heard(0, one.text) for one in said]
    return replace(request, messages=told(request.messages, heard))


def told_request(request: ChatRequest) -> str:
    """A line for people."""
    tools = f", {_counted(len(request.tools), 'tool')}" if request.tools else ""
    return f"the agent asks: {_counted(len(request.messages), 'message')}{tools}"


def told_reply(reply: Reply) -> str:
    """A line for people."""
    calls = f", calls {', '.join(call.name for call in reply.calls)}" if reply.calls else ""
    used = reply.prompt_tokens + reply.reply_tokens
    return f"{reply.model}: {len(reply.text)} characters{calls}; {used} tokens"


def no_reply(fault: Fault, kind: FaultKind | None, *, begun: bool) -> NoReply:
    """What the agent is told. `kind` is the last fault of a provider, `begun` that words were passed on."""
    if fault.reason in ("cost_limit", "token_limit"):
        return NoReply("limit", fault.detail)
    if begun:
        return NoReply("cut", fault.detail)
    return NoReply(_KINDS.get(kind, "unavailable"), fault.detail)


def _counted(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"


def _common(before: Sequence[Message], now: Sequence[Message]) -> int:
    count = 0
    for one, other in zip(before, now, strict=False):
        if one != other:
            break
        count += 1
    return count


def _kept(messages: Sequence[Message], redactor: Redactor) -> list[dict[str, Any]]:
    room = MOST_NEW
    kept: list[dict[str, Any]] = []
    for message in messages:
        clean = redactor.message(message)
        entry: dict[str, Any] = {"role": clean.role, "text": _text(clean.text, min(MOST_TEXT, room))}
        if len(clean.text) > MOST_TEXT or len(clean.text) > room:
            entry["sha256"] = sha256(message.text.encode("utf-8", "replace")).hexdigest()
        if clean.calls:
            calls = msgspec.json.encode(clean.calls).decode()
            entry["calls"] = _text(calls, min(MOST_TEXT, room))
        if clean.call_id:
            entry["call_id"] = clean.call_id[:200]
        room = max(100, room - len(entry["text"]) - len(entry.get("calls", "")))
        kept.append(entry)
    return kept


def _text(text: str, most: int) -> str:
    return text if len(text) <= most else head_and_tail(text, most)
