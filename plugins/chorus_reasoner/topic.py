"""What a model is asked, in a form that fits whichever model it will be. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from chorus_hooks.provider import ChatRequest
from chorus_reasoner.context import least, message_tokens, tool_tokens
from chorus_reasoner.redaction import Redactor
from chorus_reasoner.request import LEAST_REPLY, TooFewTokens, build
from chorus_reasoner.talk import Form, Talk

MOST_FORWARDED: Final = 16384
"""Tokens of a reply to a request that does not bound it, or bounds it higher."""
_UNTOLD: Final = 1 << 20
"""Where nobody tells how much a model can read, its server says so when a request is too long."""


class Topic(Protocol):
    """One of the two things that models are asked about: our conversation, or somebody else's request."""

    @property
    def window(self) -> int | None:
        """Tokens that a model is taken to have whose provider does not tell; None: as is set."""
        ...

    def redacted(self, redactor: Redactor) -> "Topic":
        """Without secrets."""
        ...

    def needs(self) -> Mapping[Form, int]:
        """Tokens of context without which it cannot be asked, in each form."""
        ...

    def build(self, model: str, how: Form, window: int, most: int | None) -> ChatRequest:
        """The request; with its reply it is to take at most `most` tokens. Raises TooFewTokens."""
        ...


@dataclass(frozen=True)
class OfTalk:
    """The next step of a conversation of ours, which can be shortened."""

    talk: Talk
    window: None = None

    def redacted(self, redactor: Redactor) -> "OfTalk":
        """See `Topic.redacted`."""
        return OfTalk(redactor.talk(self.talk))

    def needs(self) -> Mapping[Form, int]:
        """See `Topic.needs`."""
        return {
            "text": least(self.talk, "text") + LEAST_REPLY,
            "tools": least(self.talk, "tools") + LEAST_REPLY,
        }

    def build(self, model: str, how: Form, window: int, most: int | None) -> ChatRequest:
        """See `Topic.build`."""
        return build(self.talk, model, how, window, most)


@dataclass(frozen=True)
class Forwarded:
    """A request of somebody else, passed on as it is: its tools too, whatever is known of the model."""

    request: ChatRequest
    window: int = _UNTOLD

    def redacted(self, redactor: Redactor) -> "Forwarded":
        """See `Topic.redacted`."""
        messages = tuple(map(redactor.message, self.request.messages))
        return Forwarded(replace(self.request, messages=messages))

    def needs(self) -> Mapping[Form, int]:
        """See `Topic.needs`. Estimates are high, and only what surely does not fit is refused by one."""
        return dict.fromkeys(("text", "tools"), self._estimate() // 2)

    def _estimate(self) -> int:
        return sum(map(message_tokens, self.request.messages)) + tool_tokens(self.request.tools)

    def build(self, model: str, how: Form, window: int, most: int | None) -> ChatRequest:
        """See `Topic.build`."""
        room = min(self.request.max_tokens or MOST_FORWARDED, MOST_FORWARDED, max(1, window // 2))
        if most is not None:
            asked = self._estimate() // 2
            if most - asked < 1:
                raise TooFewTokens(f"{most} tokens are left, and the request alone has more than {asked}")
            room = min(room, most - asked)
        return replace(self.request, model=model, max_tokens=room)
