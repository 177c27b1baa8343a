"""The registered sandbox backends, as one capability."""

from collections.abc import Iterable

from chorus_hooks.errors import UsageError
from chorus_hooks.sandbox import Sandbox


class RegisteredSandboxes:
    """Implements `chorus_hooks.sandbox.Sandboxes`."""

    def __init__(self, sandboxes: Iterable[Sandbox]) -> None:
        self._sandboxes = tuple(sandboxes)

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
