"""The loop once more, from a transcript and without a model: equal replies give equal steps. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from chorus_reasoner.event import Ask, Effect, End, Event
from chorus_reasoner.loop import Loop
from chorus_reasoner.request import build, digest
from chorus_reasoner.rules import Rules, Spent
from chorus_reasoner.talk import Form, Talk
from chorus_reasoner.transcript import FORMAT

_ASIDE: Final = frozenset({"fault", "switch", "wait"})
"""What is told of how a reply was come by. The loop does not hear of it."""


class Begin(msgspec.Struct, frozen=True):
    """The first record, as far as the loop depends on it."""

    format: str
    rules: Rules
    prompt: str
    goal: str
    left_s: float

    def loop(self) -> Loop:
        """The loop at its beginning."""
        return Loop(self.rules, Talk(self.prompt, self.goal, split=self.rules.split))


class Done(msgspec.Struct, frozen=True):
    """A record of the type `effect` or `end`."""

    effect: Effect
    redacted: bool = False


class Came(msgspec.Struct, frozen=True):
    """A record of the type `event`."""

    event: Event
    left_s: float
    redacted: bool = False


class _Asked(msgspec.Struct, frozen=True):
    model: str
    how: Form
    window: int
    request: str


@dataclass(frozen=True)
class Replayed:
    """What a replay gave. `differs` is the first line that came out otherwise; `why` says how."""

    end: End | None
    spent: Spent = field(default_factory=Spent)
    differs: int | None = None
    why: str = ""

    @property
    def steps(self) -> int:
        """Replies that were taken."""
        return self.spent.steps


class _Differs(Exception):  # noqa: N818 - reads as what happened
    """A line that came out otherwise."""


def replay(records: Iterable[dict[str, Any]]) -> Replayed:
    """Feed the recorded replies and outcomes to a new loop, and compare all that it wants and asks.

    Raises ValueError for records that are no transcript of this format, or one of a newer version.
    """
    lines = iter(records)
    begin = begin_of(next(lines, {}))
    loop = begin.loop()
    player = _Player(loop, loop.begin(begin.left_s))
    for record in lines:
        try:
            player.play(record)
        except _Differs as differs:
            return Replayed(None, loop.spent, record["seq"], str(differs))
        except msgspec.ValidationError as error:
            raise ValueError(f"this version does not understand line {record['seq']}: {error}") from None
    return Replayed(player.effect if isinstance(player.effect, End) else None, loop.spent)


def begin_of(record: dict[str, Any]) -> Begin:
    """The first record. Raises ValueError when it is none of this format."""
    if record.get("format") != FORMAT:
        raise ValueError(f"it does not begin as a {FORMAT}")
    if "agent" in record:
        raise ValueError("it is of a foreign agent, whose loop is not ours to run again")
    try:
        return msgspec.convert(record, Begin)
    except msgspec.ValidationError as error:
        raise ValueError(f"this version does not understand line 0: {error}") from None


def came(records: Iterable[dict[str, Any]]) -> tuple[Came, ...]:
    """What the loop was told, in order, of records that `replay` has taken."""
    return tuple(msgspec.convert(record, Came) for record in records if record["type"] == "event")


def redactions(records: Iterable[dict[str, Any]]) -> int:
    """How many replies and actions do not stand there as they were, since secrets were taken out."""
    redacted = (record for record in records if record.get("redacted") is True)
    return sum(record["type"] == "effect" or record["event"]["type"] == "reply" for record in redacted)


@dataclass
class _Player:
    loop: Loop
    effect: Effect

    def play(self, record: dict[str, Any]) -> None:
        match record["type"]:
            case "ask":
                self._same_request(msgspec.convert(record, _Asked))
            case "effect" | "end":
                self._same_effect(msgspec.convert(record, Done))
            case "event":
                self._take(msgspec.convert(record, Came))
            case other if other not in _ASIDE:
                raise msgspec.ValidationError(f"it is of the type {other!r}; a newer version wrote it")

    def _take(self, told: Came) -> None:
        try:
            self.effect = self.loop.take(told.event, told.left_s)
        except RuntimeError as error:  # an event that the loop does not wait for
            raise _Differs(f"the loop was told of a {_kind(told.event)}: {error}") from None

    def _same_request(self, asked: _Asked) -> None:
        if not isinstance(self.effect, Ask):
            raise _Differs(f"a model was asked, where the loop wants {_kind(self.effect)}")
        name = asked.model.partition("/")[2]
        try:
            request = build(self.loop.talk, name, asked.how, asked.window, self.effect.most)
        except ValueError as error:
            raise _Differs(f"the model could not be asked that: {error}") from None
        if digest(request) != asked.request:
            raise _Differs("the model was asked something else")

    def _same_effect(self, done: Done) -> None:
        recorded, wanted = done.effect, self.effect
        same = type(recorded) is type(wanted) if done.redacted else recorded == wanted
        if not same:
            raise _Differs(f"the loop did {_kind(recorded)}, and now wants {_other(recorded, wanted)}")


def _other(recorded: Effect, wanted: Effect) -> str:
    return f"another {_kind(wanted)}" if type(recorded) is type(wanted) else _kind(wanted)


def _kind(value: Effect | Event) -> str:
    return str(value.__struct_config__.tag)
