"""What both protocols have in common: a request that was understood, and how one is turned away. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

import msgspec

from chorus_hooks.agent import NoReplyKind, Spoken
from chorus_hooks.provider import ChatRequest

MOST_MESSAGES: Final = 4000
MOST_TOOLS: Final = 256
_BYTES_A_TOKEN: Final = 3

STATUS: Final[Mapping[NoReplyKind, int]] = {
    "limit": 429,
    "context": 400,
    "invalid": 400,
    "unavailable": 503,
    "cut": 502,
}

T = TypeVar("T")


class Refusal(Exception):  # noqa: N818 - reads as what happened
    """A request that is turned away: its HTTP status, a line, and the word by which programs know it."""

    def __init__(self, status: int, why: str, code: str = "invalid_request") -> None:
        super().__init__(why)
        self.status = status
        self.why = why
        self.code = code


@dataclass(frozen=True)
class Asked:
    """A request that was understood. `model` is the name that the client knows; `usage`: told in a stream."""

    request: ChatRequest
    model: str
    stream: bool = False
    usage: bool = False


class Answer(Protocol):
    """One answer in the client's protocol: as a whole, or as the events of a stream."""

    def begin(self) -> bytes:
        """What a stream begins with."""
        ...

    def piece(self, text: str) -> bytes:
        """A piece of text."""
        ...

    def end(self, spoken: Spoken) -> bytes:
        """What follows the last piece."""
        ...

    def broken(self, why: str) -> bytes:
        """What stands in place of the end when there is none."""
        ...

    def whole(self, spoken: Spoken) -> bytes:
        """All of it in one document."""
        ...


class Wire(Protocol):
    """One of the protocols that agents speak. Pure."""

    def parse(self, body: bytes) -> Asked:
        """Raises Refusal."""
        ...

    def answer(self, asked: Asked) -> Answer:
        """To a request."""
        ...

    def error(self, status: int, why: str, code: str) -> bytes:
        """A document that says no."""
        ...


def decoded(body: bytes, kind: type[T]) -> T:
    """A document as one of our types. Raises Refusal."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"the body is no such request: {error}"[:300]) from None


def checked(request: ChatRequest) -> ChatRequest:
    """Raises Refusal for what no model can be asked."""
    if not request.messages:
        raise Refusal(400, "there is no message")
    if len(request.messages) > MOST_MESSAGES:
        raise Refusal(400, f"there are more than {MOST_MESSAGES} messages")
    if len(request.tools) > MOST_TOOLS:
        raise Refusal(400, f"there are more than {MOST_TOOLS} tools")
    if request.max_tokens is not None and request.max_tokens < 1:
        raise Refusal(400, "max_tokens is less than 1")
    if not 0 <= request.temperature <= 2:
        raise Refusal(400, "temperature is not between 0 and 2")
    return request


def tokens_of(request: ChatRequest) -> int:
    """About how many tokens a request is, rather too many than too few."""
    said = [message.text for message in request.messages]
    said += [call.name + call.arguments for message in request.messages for call in message.calls]
    said += [tool.name + tool.meaning + as_json(dict(tool.parameters)) for tool in request.tools]
    return sum(len(text.encode("utf-8", "replace")) // _BYTES_A_TOKEN + 4 for text in said)


def as_json(value: Any) -> str:
    """JSON as text."""
    return msgspec.json.encode(value).decode()


def texts(parts: list[T], text: Callable[[T], str | None], kind: Callable[[T], str]) -> str:
    """The text of a message that comes in parts. Raises Refusal for what is no text."""
    found: list[str] = []
    for part in parts:
        said = text(part)
        if said is None:
            raise Refusal(400, f"content of the type {kind(part)[:40]!r} is not taken: only text is")
        found.append(said)
    return "\n".join(found)
