"""A script: the steps that the chats take, one after the other. Pure."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

_SCRIPT: Mapping[str, tuple[type[Any], ...]] = {
    "repeat": (bool,),
    "context": (int,),
    "key": (str,),
    "model": (str,),
    "tools": (bool,),
}
_STEP: Mapping[str, tuple[type[Any], ...]] = {
    "text": (str,),
    "calls": (list,),
    "piece": (int,),
    "finish": (str,),
    "sleep": (int, float),
    "pause": (int, float),
    "status": (int,),
    "headers": (dict,),
    "error": (str,),
    "cut": (int, type(None)),
    "close": (int, type(None)),
    "garbage": (str, type(None)),
    "endless": (bool,),
    "expect": (str,),
}


@dataclass(frozen=True)
class Step:
    """What one chat gets; README.md says what the fields mean."""

    text: str = ""
    calls: tuple[Mapping[str, Any], ...] = ()
    piece: int = 12
    finish: str = "stop"
    usage: Any = (11, 7)
    sleep: float = 0.0
    pause: float = 0.0
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    error: str = "the script says so"
    cut: int | bool | None = None
    close: int | None = None
    garbage: bytes | None = None
    endless: bool = False
    expect: str = ""

    def pieces(self) -> list[str]:
        """The text, as it is cut."""
        return [self.text[at : at + self.piece] for at in range(0, len(self.text), self.piece)]

    def usage_pair(self) -> tuple[Any, Any]:
        """The two counts of tokens, as they go out."""
        if isinstance(self.usage, list | tuple) and len(self.usage) == 2:
            return self.usage[0], self.usage[1]
        return self.usage, self.usage


@dataclass(frozen=True)
class Script:
    """All steps, and how the server is besides."""

    steps: tuple[Step, ...]
    repeat: bool = False
    context: int = 8192
    key: str = ""
    model: str = "scripted"
    tools: bool = True

    def step(self, number: int) -> Step:
        """The step of the chat with this number, counted from 0."""
        if self.repeat and self.steps:
            number %= len(self.steps)
        if number < len(self.steps):
            return self.steps[number]
        return Step(status=422, error=f"the script is over after {len(self.steps)} steps")


def parse_script(text: str | bytes) -> Script:
    """A script out of JSON. Raises ValueError with what is wrong with it."""
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    whole = {"steps": document} if isinstance(document, list) else document
    if not isinstance(whole, dict) or not isinstance(whole.get("steps"), list):
        raise ValueError("a script is a list of steps, or an object with such a list as `steps`")  # noqa: TRY004
    _known(Script, whole)
    _typed(whole, _SCRIPT)
    return Script(**{**whole, "steps": tuple(_step(step) for step in whole["steps"])})


def _step(document: Any) -> Step:
    if isinstance(document, str):
        return Step(text=document)
    if not isinstance(document, dict):
        raise ValueError(f"a step is a text or an object, not {document!r}")  # noqa: TRY004
    _known(Step, document)
    _typed(document, _STEP)
    changed = dict(document)
    if changed.get("garbage") is not None:
        changed["garbage"] = base64.b64decode(changed["garbage"])
    if "calls" in changed:
        if not all(isinstance(call, dict) and isinstance(call.get("name"), str) for call in changed["calls"]):
            raise ValueError("each of calls is an object with a name")
        changed["calls"] = tuple(changed["calls"])
    if changed.get("piece", 1) < 1:
        raise ValueError("a piece has one character or more")
    return Step(**changed)


def _typed(document: Mapping[str, Any], kinds: Mapping[str, tuple[type[Any], ...]]) -> None:
    for name, allowed in kinds.items():
        if name in document and not isinstance(document[name], allowed):
            raise ValueError(f"{name} cannot be {document[name]!r}")


def _known(kind: type[Any], document: Mapping[str, Any]) -> None:
    unknown = document.keys() - {member.name for member in fields(kind)}
    if unknown:
        raise ValueError(f"unknown in a {kind.__name__.lower()}: {', '.join(sorted(unknown))}")
