"""What a plugin keeps that nothing needs any more, for `chorus prune`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from chorus_hooks.service import Capabilities
from chorus_hooks.setting import Setting, duration

RETENTION: Setting[float] = Setting(
    "CHORUS_RETENTION",
    duration(1.0, 10 * 365 * 86400.0),
    30 * 86400.0,
    "How long ended tasks, and blobs that nothing references, stay: 12h, 30d",
    live=True,
)


@dataclass(frozen=True)
class Leftover:
    """Something that may go: its kind (`blob`, `container`, `image`, `task`), a name, and its bytes."""

    kind: str
    name: str
    size: int


class Sweep(Protocol):
    """Finds and removes leftovers of one kind."""

    async def find(self) -> tuple[Leftover, ...]:
        """What would go now. Changes nothing."""
        ...

    async def remove(self) -> tuple[Leftover, ...]:
        """Remove what nothing references at this moment; returns what really went."""
        ...


@dataclass(frozen=True)
class Sweeper:
    """Registered by `chorus_register_sweepers`: `build` makes the sweep from the capabilities of `requires`.

    Sweepers run in the order of `after`: what one lets go of (a task's blobs) the next may remove.
    """

    name: str
    build: Callable[[Capabilities], Sweep]
    requires: tuple[type[Any], ...] = ()
    after: tuple[str, ...] = ()
