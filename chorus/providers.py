"""The registered providers of models, as one capability."""

from collections.abc import Callable, Iterable
from functools import cached_property

from chorus.registry import Entry
from chorus_hooks.provider import Provider


class RegisteredProviders:
    """Implements `chorus_hooks.provider.Providers`."""

    def __init__(self, register: Callable[[], Iterable[Entry]]) -> None:
        self._register = register

    @cached_property
    def _providers(self) -> tuple[Provider, ...]:
        # When somebody first asks, as with sandboxes.
        return tuple(entry.value for entry in self._register())

    def all(self) -> tuple[Provider, ...]:
        """All of them, in the order of their registration."""
        return self._providers
