"""From the environment to typed settings: read once, every fault listed at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeVar

from chorus_hooks.errors import ConfigError
from chorus_hooks.setting import SecretError, Setting

T = TypeVar("T")

PREFIX = "CHORUS_"
Origin = Literal["default", "environment", "file", "command line"]


@dataclass(frozen=True)
class Renewal:
    """What reading the settings again changed: those in force now, and those that need a restart."""

    applied: tuple[str, ...]
    deferred: tuple[str, ...]


@dataclass(frozen=True)
class Value:
    """One setting's value and where it came from."""

    setting: Setting[Any]
    value: Any
    origin: Origin

    def shown(self) -> str:
        """The value for a person: secrets are masked, unset is empty."""
        if self.value is None or self.value == ():
            return ""
        if self.setting.secret and self.value:
            return "********"
        if isinstance(self.value, bool):
            return str(self.value).lower()
        if isinstance(self.value, tuple):
            return ",".join(map(str, self.value))
        return str(self.value)


class EnvironmentConfig:
    """The settings of one process. `warnings` are names that look like ours and are not."""

    def __init__(self, values: dict[str, Value], warnings: tuple[str, ...] = ()) -> None:
        self.values = values
        self.warnings = warnings

    def __getitem__(self, setting: Setting[T]) -> T:
        value: T = self.values[setting.name].value
        return value

    def fill(self, setting: Setting[T], default: T) -> None:
        """Give a default that only this machine knows."""
        value = self.values[setting.name]
        if value.origin == "default":
            self.values[setting.name] = replace(value, value=default)

    def explicit(self, setting: Setting[Any]) -> bool:
        """Whether somebody set it, rather than the default."""
        return self.values[setting.name].origin != "default"

    def renew(self, fresh: "EnvironmentConfig") -> Renewal:
        """Take over what `fresh` has for the live settings, all at once."""
        changed = [
            name
            for name, value in fresh.values.items()
            if value.origin != "default" or self.values[name].origin != "default"
            if value.value != self.values[name].value
        ]
        applied = tuple(sorted(name for name in changed if fresh.values[name].setting.live))
        self.values = self.values | {name: fresh.values[name] for name in applied}
        return Renewal(applied, tuple(sorted(set(changed) - set(applied))))


def read(
    settings: Iterable[Setting[Any]],
    environment: Mapping[str, str],
    overrides: Mapping[str, str] | None = None,
) -> EnvironmentConfig:
    """Parse every setting; `overrides` are from the command line. Raises ConfigError with all the faults."""
    known = {setting.name: setting for setting in settings}
    values: dict[str, Value] = {}
    faults: list[str] = []
    for setting in known.values():
        try:
            values[setting.name] = _read_one(setting, environment, overrides or {})
        except ValueError as error:
            faults.append(f"{setting.name}: {error}")
    if faults:
        raise ConfigError(
            "bad configuration: " + "; ".join(faults),
            hint="correct the environment; `chorus config` shows it",
        )
    return EnvironmentConfig(values, tuple(_unknown(known, environment)))


def _read_one(setting: Setting[Any], environment: Mapping[str, str], overrides: Mapping[str, str]) -> Value:
    from_file = environment.get(f"{setting.name}_FILE")
    if setting.name in overrides:
        return Value(setting, setting.parse(overrides[setting.name]), "command line")
    if environment.get(setting.name) and from_file:
        raise ValueError(f"set both directly and by {setting.name}_FILE")
    if from_file:
        return Value(setting, _parse(setting, _file_text(setting.name, from_file)), "file")
    text = environment.get(setting.name)
    if not text:  # an empty variable is how a shell or a compose file says "unset"
        return Value(setting, setting.default, "default")
    return Value(setting, _parse(setting, text), "environment")


def _parse(setting: Setting[Any], text: str) -> Any:
    try:
        return setting.parse(text)
    except SecretError:
        raise
    except ValueError:
        if setting.secret:
            raise ValueError("the value is not valid (not shown, it is a secret)") from None
        raise


def _file_text(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ValueError(f"{name}_FILE={path} cannot be read: {reason}") from None


def _unknown(known: Mapping[str, Setting[Any]], environment: Mapping[str, str]) -> Iterable[str]:
    for name in sorted(environment):
        if name.startswith(PREFIX) and name.removesuffix("_FILE") not in known and name not in known:
            near = get_close_matches(name, known, n=1)
            yield f"unknown setting {name}" + (f"; did you mean {near[0]}?" if near else "")
