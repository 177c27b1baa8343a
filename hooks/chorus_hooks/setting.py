"""One environment variable: its name, type, default and meaning. The docs' table is made from these."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")


class SecretError(ValueError):
    """What is wrong with the value of a secret, in words that show nothing of it."""


@dataclass(frozen=True, eq=False)
class Setting(Generic[T]):
    """A typed environment variable. `NAME_FILE` gives the same value from a file.

    `parse` raises ValueError with a text for a person. `default` is a value, not text; where it depends
    on the machine, `default` is None and `help` says what happens. A `secret` is masked wherever
    settings are shown, and of what its parser raises only a SecretError is. A `live` one may change on SIGHUP
    without a restart.
    """

    name: str
    parse: Callable[[str], T]
    default: T
    help: str
    secret: bool = False
    live: bool = False


class Config(Protocol):
    """The settings of this process, read at its start and checked all at once.

    In a node, SIGHUP reads them again, and then `live` settings may have another value: ask each time.
    """

    def __getitem__(self, setting: Setting[T]) -> T:
        """The value of a registered setting. KeyError when it was never registered: a bug."""
        ...

    def explicit(self, setting: Setting[Any]) -> bool:
        """Whether somebody set it, rather than the default."""
        ...


def text(value: str) -> str:
    """Any text."""
    return value


def boolean(value: str) -> bool:
    """`true`, `yes`, `on`, `1` or their opposites."""
    lowered = value.strip().lower()
    if lowered in ("1", "true", "yes", "on"):
        return True
    if lowered in ("0", "false", "no", "off"):
        return False
    raise ValueError(f"{value!r} is neither true nor false")


def integer(low: int, high: int) -> Callable[[str], int]:
    """A whole number between low and high, both included."""

    def parse(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise ValueError(f"{value!r} is not a whole number") from None
        if not low <= number <= high:
            raise ValueError(f"{number} is not between {low} and {high}")
        return number

    return parse


def choice(*allowed: str) -> Callable[[str], str]:
    """One word out of `allowed`."""

    def parse(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
        return value

    return parse


def names(value: str) -> tuple[str, ...]:
    """Comma-separated words, empty ones dropped."""
    return tuple(word for word in (part.strip() for part in value.split(",")) if word)


def path(value: str) -> Path:
    """A path; `~` is the home directory, a relative one counts from the working directory."""
    if not value or "\0" in value:
        raise ValueError("an empty path or one with a NUL names nothing")
    return Path(value).expanduser().absolute()


def paths(value: str) -> tuple[Path, ...]:
    """Paths separated by `:`."""
    return tuple(path(part) for part in value.split(":") if part)


_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(low: float, high: float) -> Callable[[str], float]:
    """A time like `500ms`, `15s`, `2m`, `12h`, `30d`, in seconds; between low and high, both included."""

    def parse(value: str) -> float:
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)", value.strip(), re.ASCII)
        if match is None:
            raise ValueError(f"{value!r} is not a time like 500ms, 15s, 2m, 12h or 30d")
        seconds = float(match[1]) * _UNITS_S[match[2]]
        if not low <= seconds <= high:
            raise ValueError(f"{value} is not between {low:g} and {high:g} seconds")
        return seconds

    return parse
