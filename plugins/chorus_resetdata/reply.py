"""The chunks of a streamed chat completion, up to `[DONE]`, as a reply. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chorus_hooks.provider import Message, ProviderFault, Tokens, ToolCall, fault_of
from chorus_hooks.provider_stream import (
    MOST_CALLS,
    Lines,
    a_list,
    a_text,
    an_object,
    counted,
    parse_object,
    words,
)
from chorus_resetdata.event_data import EventData, data_of

DONE = "[DONE]"


@dataclass
class _Call:
    """A tool call, whose parts come one after the other."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class Reply:
    """Takes bytes in any pieces, gives the pieces of the text. `messages` are what was asked."""

    def __init__(self, messages: Sequence[Message] = (), *, secret: str = "") -> None:
        self._lines = Lines()
        self._events = EventData()
        self._messages = messages
        self._secret = secret
        self._calls: dict[int, _Call] = {}
        self._usage: dict[str, Any] = {}
        self._said = 0
        self._ended_by = ""
        self._began = False
        self.whole = False

    def feed(self, data: bytes) -> Iterator[str]:
        """The text in these bytes. Raises ProviderFault: no such stream, or it tells of a failure."""
        yield from self._texts(data_of(self._lines.feed(data), self._events))

    def end(self) -> Iterator[str]:
        """Nothing follows. Raises ProviderFault when the reply is not whole."""
        yield from self._texts(data_of(self._lines.end(), self._events))
        last = self._events.end()
        yield from self._texts(iter((last,) if last is not None else ()))
        if not self._began and not self.whole:
            raise ProviderFault("cut", "the reply is empty")
        if not self.whole:
            raise ProviderFault("cut", f"the reply ends in the middle: {DONE} did not come")

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The tools that it calls, in the order of their numbers."""
        return tuple(
            ToolCall(call.id or f"call-{len(self._messages)}-{number}", call.name, "".join(call.arguments))
            for number, call in sorted(self._calls.items())
        )

    @property
    def tokens(self) -> Tokens:
        """What the server counted, or an estimate."""
        told = self._usage.get("prompt_tokens"), self._usage.get("completion_tokens")
        return counted(*told, messages=self._messages, said=self._said)

    @property
    def shortened(self) -> bool:
        """Whether `max_tokens` ended it."""
        return self._ended_by == "length"

    def _texts(self, events: Iterator[str]) -> Iterator[str]:
        while not self.whole and (data := next(events, None)) is not None:
            if data.strip() == DONE:
                self._finish()
            elif text := self._take(parse_object(data)):
                yield text

    def _finish(self) -> None:
        if not self._began:
            raise ProviderFault("cut", "the reply is empty")
        self.whole = True

    def _take(self, chunk: dict[str, Any]) -> str:
        if chunk.get("error"):
            raise self._failed(chunk["error"])
        if isinstance(chunk.get("usage"), dict):
            self._usage = chunk["usage"]
        # One choice was asked for; the chunk with the usage has none.
        return "".join(self._choice(an_object(choice)) for choice in a_list(chunk.get("choices"))[:1])

    def _choice(self, choice: dict[str, Any]) -> str:
        self._began = True
        self._ended_by = a_text(choice.get("finish_reason")) or self._ended_by
        delta = an_object(choice.get("delta") or {})
        for position, part in enumerate(a_list(delta.get("tool_calls"))):
            self._call(an_object(part), position)
        text = a_text(delta.get("content"))
        self._said += len(text.encode())
        return text

    def _call(self, part: dict[str, Any], position: int) -> None:
        number = part.get("index", position)
        if not isinstance(number, int):
            raise ProviderFault("cut", "the reply is malformed: a tool call has no number")
        if number not in self._calls and len(self._calls) == MOST_CALLS:
            raise ProviderFault("cut", f"the reply calls more than {MOST_CALLS} tools")
        call = self._calls.setdefault(number, _Call())
        function = an_object(part.get("function") or {})
        call.id = call.id or a_text(part.get("id"))
        call.name = call.name or a_text(function.get("name"))
        arguments = a_text(function.get("arguments"))
        call.arguments.append(arguments)
        self._said += len(arguments.encode())

    def _failed(self, error: object) -> ProviderFault:
        told = error if isinstance(error, dict) else {"message": error}
        code = told.get("code")
        status = code if isinstance(code, int) and 400 <= code < 600 else 500
        text = words(str(told.get("message") or error), secret=self._secret)
        return fault_of(status, f"the model stopped with an error: {text}", code=str(told.get("type") or ""))
