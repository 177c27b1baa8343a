"""The registered sandbox backends, as one capability."""

from collections.abc import Callable, Iterable
from functools import cached_property

from chorus.registry import Entry
from chorus_hooks.errors import UsageError
from chorus_hooks.sandbox import Sandbox


class RegisteredSandboxes:
    """Implements `chorus_hooks.sandbox.Sandboxes`."""

    def __init__(self, register: Callable[[], Iterable[Entry]]) -> None:
        self._register = register

    @cached_property
    def _sandboxes(self) -> tuple[Sandbox, ...]:
        # When somebody first asks: a command that runs no task shall not pay for their imports.
        return tuple(entry.value for entry in self._register())

    def all(self) -> tuple[Sandbox, ...]:
        """All of them, in the order in which they are tried."""
        return self._sandboxes

    def get(self, name: str) -> Sandbox:
        """The one of that name."""
        for sandbox in self._sandboxes:
            if sandbox.name == name:
                return sandbox
        known = ", ".join(sandbox.name for sandbox in self._sandboxes) or "none"
        raise UsageError(f"there is no sandbox {name!r}", hint=f"known here: {known}")
