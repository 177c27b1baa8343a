"""Ollama's stream, one JSON object a line until one says that it is done, as a reply. Pure."""

import json
from collections.abc import Iterator, Sequence
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


class Reply:
    """Takes bytes in any pieces, gives the pieces of the text. `messages` are what was asked."""

    def __init__(self, messages: Sequence[Message] = ()) -> None:
        self._lines = Lines()
        self._messages = messages
        self._calls: list[ToolCall] = []
        self._said = 0
        self._last: dict[str, Any] = {}
        self.whole = False

    def feed(self, data: bytes) -> Iterator[str]:
        """The text in these bytes. Raises ProviderFault: no reply of Ollama's, or it tells of a failure."""
        yield from self._texts(self._lines.feed(data))

    def end(self) -> Iterator[str]:
        """Nothing follows. Raises ProviderFault when the reply is not whole."""
        yield from self._texts(self._lines.end())
        if not self.whole:
            raise ProviderFault("cut", "the reply ends in the middle: Ollama did not say that it is done")

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The tools that it calls."""
        return tuple(self._calls)

    @property
    def tokens(self) -> Tokens:
        """What Ollama counted, or an estimate."""
        told = self._last.get("prompt_eval_count"), self._last.get("eval_count")
        return counted(*told, messages=self._messages, said=self._said)

    @property
    def shortened(self) -> bool:
        """Whether `num_predict` ended it."""
        return self._last.get("done_reason") == "length"

    def _texts(self, lines: Iterator[str]) -> Iterator[str]:
        while not self.whole and (line := next(lines, None)) is not None:
            if line.strip() and (text := self._take(parse_object(line))):
                yield text

    def _take(self, part: dict[str, Any]) -> str:
        if part.get("error"):
            raise fault_of(500, f"Ollama says: {words(str(part['error']))}")
        message = an_object(part.get("message") or {})
        for call in a_list(message.get("tool_calls")):
            self._call(an_object(an_object(call).get("function")))
        text = a_text(message.get("content"))
        self._said += len(text.encode())
        if part.get("done") is True:
            self._last, self.whole = part, True
        return text

    def _call(self, function: dict[str, Any]) -> None:
        if len(self._calls) == MOST_CALLS:
            raise ProviderFault("cut", f"the reply calls more than {MOST_CALLS} tools")
        arguments = function.get("arguments")
        text = a_text(arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False))
        self._said += len(text.encode())
        # Ollama gives a call no name of its own, so it is called after its place.
        name = a_text(function.get("name"))
        self._calls.append(ToolCall(f"call-{len(self._messages)}-{len(self._calls)}", name, text))
