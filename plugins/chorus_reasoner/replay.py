"""The loop once more, from a transcript and without a model: equal replies give equal steps. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from chorus_reasoner.event import Ask, Effect, End, Event
from chorus_reasoner.loop import Loop
from chorus_reasoner.request import build, digest
from chorus_reasoner.rules import Rules
from chorus_reasoner.talk import Talk
from chorus_reasoner.transcript import FORMAT


@dataclass(frozen=True)
class Replayed:
    """What a replay gave. `differs` is the first line that came out otherwise; `why` says how."""

    end: End | None
    steps: int
    differs: int | None = None
    why: str = ""


class _Differs(Exception):  # noqa: N818 - reads as what happened
    """A line that came out otherwise."""


def replay(records: Iterable[dict[str, Any]]) -> Replayed:
    """Feed the recorded replies and outcomes to a new loop, and compare all that it wants and asks.

    Raises ValueError for records that are no transcript of this format.
    """
    lines = iter(records)
    begin = next(lines, {})
    if begin.get("format") != FORMAT:
        raise ValueError(f"it does not begin as a {FORMAT}")
    try:
        loop = Loop(msgspec.convert(begin["rules"], Rules), Talk(begin["prompt"], begin["goal"]))
        player = _Player(loop, loop.begin(begin["left_s"]))
        for record in lines:
            try:
                player.play(record)
            except _Differs as differs:
                return Replayed(None, loop.spent.steps, record["seq"], str(differs))
    except (KeyError, msgspec.ValidationError) as error:
        raise ValueError(f"a record lacks something: {error}") from None
    end = player.effect if isinstance(player.effect, End) else None
    return Replayed(end, loop.spent.steps)


@dataclass
class _Player:
    loop: Loop
    effect: Effect

    def play(self, record: dict[str, Any]) -> None:
        match record["type"]:
            case "ask":
                self._same_request(record)
            case "effect" | "end":
                self._same_effect(msgspec.convert(record["effect"], Effect))
            case "event":
                event: Event = msgspec.convert(record["event"], Event)
                self.effect = self.loop.take(event, record["left_s"])

    def _same_request(self, record: dict[str, Any]) -> None:
        if not isinstance(self.effect, Ask):
            raise _Differs(f"a model was asked, where the loop wants {_kind(self.effect)}")
        name = record["model"].partition("/")[2]
        request = build(self.loop.talk, name, record["how"], record["window"], self.effect.most)
        if digest(request) != record["request"]:
            raise _Differs("the model was asked something else")

    def _same_effect(self, recorded: Effect) -> None:
        if recorded != self.effect:
            raise _Differs(f"the loop did {_kind(recorded)}, and now wants {_kind(self.effect)}")


def _kind(effect: Effect) -> str:
    return str(effect.__struct_config__.tag)
