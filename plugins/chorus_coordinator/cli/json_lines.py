"""On which line of a JSON text a value stands. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],]|[^\s{}\[\],:"]+', re.DOTALL)


def line_of(raw: bytes, path: str) -> int:
    """The line, from 1, of the value at a path like `$.limits.pids` or `$.commands[2]` in well-formed JSON.

    Of a member it is the line of its name; of what the path does not tell apart (`[...]`), that of the
    whole. The last one when several have that name, as it is the last one that counts; 1 when none has.
    """
    known = path.removeprefix("key in ").partition("[...]")[0]
    offset = max((at for found, at in _places(raw) if found == known), default=0)
    return raw.count(b"\n", 0, offset) + 1


@dataclass
class _Container:
    """An object or an array that has not ended, and where in it we are: a name, or an index."""

    path: str
    at: str | int | None

    @property
    def here(self) -> str:
        return f"{self.path}[{self.at}]" if isinstance(self.at, int) else f"{self.path}.{self.at}"


def _places(raw: bytes) -> Iterator[tuple[str, int]]:
    """The path of every value, and the offset where it, or its name, begins."""
    inside: list[_Container] = []
    for match in _TOKEN.finditer(raw):
        token = match.group()
        top = inside[-1] if inside else None
        if token in (b"}", b"]"):
            inside.pop()
        elif token == b"," and top is not None:
            top.at = top.at + 1 if isinstance(top.at, int) else None
        elif top is not None and top.at is None:
            top.at = msgspec.json.decode(token, type=str)
            yield top.here, match.start()
        else:
            here = top.here if top else "$"
            if top is None or isinstance(top.at, int):
                yield here, match.start()
            if token in (b"{", b"["):
                inside.append(_Container(here, 0 if token == b"[" else None))
