"""A language model somewhere: text goes out, text comes back, or a fault of a known kind.

A plugin registers one `Provider` for each service it speaks to. It is thin: one wire format, no retries, no
choice. Which provider and model is asked, and what follows a fault, is decided in one place by whoever
provides `Models`.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from chorus_hooks.errors import ChorusError

Role = Literal["system", "user", "assistant", "tool"]
Ability = Literal["tools", "schema"]

FaultKind = Literal["unreachable", "busy", "denied", "invalid", "context", "cut"]
"""What went wrong, by what has to follow:

unreachable   no connection, a broken one, 5xx: another provider may do
busy          408, 409, 429: this one may do after `retry_after` seconds
denied        401, 402, 404: a person has to look at it; another provider may do
invalid       400, 403, 413, 422: this request is wrong, for everybody
context       the messages are longer than the model can read: shorten them
cut           the stream ended before its own end marker: what came is no reply
"""


class ProviderFault(ChorusError):  # noqa: N818 - reads as what happened
    """A provider did not answer, or not wholly. `retry_after` in seconds, None when it did not say."""

    exit_code = 3
    code = "provider"

    def __init__(
        self, kind: FaultKind, message: str, *, retry_after: float | None = None, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind
        self.retry_after = retry_after


@dataclass(frozen=True)
class Model:
    """A model that a provider offers. `context` is how many tokens it can read and write together."""

    name: str
    context: int | None = None
    abilities: frozenset[Ability] = frozenset()


@dataclass(frozen=True)
class Tool:
    """A function that the model may call; `parameters` is the JSON Schema of its arguments, an object."""

    name: str
    meaning: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class ToolCall:
    """What the model wants called. `arguments` is the text that it wrote, which may be no JSON at all.

    `id` ties the answer, a message with the role `tool`, to it; a provider that has none makes one up.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Message:
    """One turn. `calls` only of the assistant; `call_id` only of a tool, and says which call it answers."""

    role: Role
    text: str
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""


@dataclass(frozen=True)
class ChatRequest:
    """What is asked. `schema` is a JSON Schema that the reply has to fit, for models that can.

    `max_tokens` bounds the reply, `None` leaves it to the provider.
    """

    model: str
    messages: tuple[Message, ...]
    max_tokens: int | None = None
    temperature: float = 0.0
    seed: int | None = None
    schema: Mapping[str, Any] | None = None
    tools: tuple[Tool, ...] = ()


@dataclass(frozen=True)
class Tokens:
    """What one chat used. `told` is false when the provider did not count, and this is an estimate."""

    prompt: int = 0
    reply: int = 0
    told: bool = False


class Chat(Protocol):
    """One reply, as it comes."""

    def __aiter__(self) -> AsyncIterator[str]:
        """The pieces of its text. Raises ProviderFault; after the last piece the reply is whole."""
        ...

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The tools that it calls, complete after the last piece."""
        ...

    @property
    def tokens(self) -> Tokens:
        """What it used, known after the last piece."""
        ...

    @property
    def shortened(self) -> bool:
        """Whether it ended because of `max_tokens`, and not by itself."""
        ...


@dataclass(frozen=True)
class ProviderHealth:
    """Whether a provider answers; `why` in a line, `cure` what to do when it does not."""

    ok: bool
    why: str
    cure: str = ""
    models: tuple[Model, ...] = field(default=())


class Provider(Protocol):
    """One service that has models, registered by `chorus_register_providers`."""

    @property
    def name(self) -> str:
        """As people name it: `ollama`, `resetdata`, …"""
        ...

    @property
    def ready(self) -> bool:
        """Whether there is enough to ask it: an address, and a key where it needs one. Looks at nothing."""
        ...

    async def models(self) -> tuple[Model, ...]:
        """What it offers now. Raises ProviderFault."""
        ...

    def chat(self, request: ChatRequest) -> AbstractAsyncContextManager[Chat]:
        """Ask, and stream the reply. Leaving early hangs up. Raises ProviderFault, with no key in it."""
        ...

    async def health(self) -> ProviderHealth:
        """Ask it for something cheap. Bounded in time; never raises for a no."""
        ...


class Providers(Protocol):
    """Every registered provider. Provided by the core."""

    def all(self) -> tuple[Provider, ...]:
        """All of them, in the order of their registration."""
        ...


_BUSY: Final = frozenset({408, 409, 425, 429})
_DENIED: Final = frozenset({401, 402, 404})
_CONTEXT: Final = ("context length", "context_length", "context size", "maximum context", "too many tokens")


def fault_of(
    status: int, message: str, *, retry_after: str | None = None, code: str = "", hint: str = ""
) -> ProviderFault:
    """What an HTTP answer with a status of 400 or more means. Pure. `code` is the provider's own, if any.

    `retry_after` is the header: seconds (RFC 9110, 10.2.3); a date in it is not looked at.
    """
    told = f"{message} {code}".lower()
    if any(words in told for words in _CONTEXT):
        return ProviderFault("context", message, hint=hint)
    if status in _BUSY or (status == 503 and retry_after):
        seconds = float(retry_after) if retry_after and retry_after.strip().isdigit() else None
        return ProviderFault("busy", message, retry_after=seconds, hint=hint)
    if status in _DENIED:
        return ProviderFault("denied", message, hint=hint)
    if status >= 500:
        return ProviderFault("unreachable", message, hint=hint)
    return ProviderFault("invalid", message, hint=hint)
