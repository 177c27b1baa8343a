"""Settings as a node has them: those that were set, and defaults."""

from collections.abc import Mapping
from typing import Any, TypeVar

from chorus_hooks.setting import Setting

T = TypeVar("T")


class Settings:
    """Implements `chorus_hooks.setting.Config`."""

    def __init__(self, given: Mapping[Setting[Any], Any]) -> None:
        self.given = dict(given)

    def __getitem__(self, setting: Setting[T]) -> T:
        value: T = self.given.get(setting, setting.default)
        return value

    def explicit(self, setting: Setting[Any]) -> bool:
        return setting in self.given
