"""A long-lived part of a node, and how it asks for the parts that it needs."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

T = TypeVar("T")

OnCrash = Literal["stop", "restart", "leave"]


class Capabilities(Protocol):
    """What a service or command declared in `requires`, ready to use, looked up by Protocol."""

    def get(self, kind: type[T]) -> T:
        """The provider of `kind`.

        LookupError when `kind` was not declared: a bug. KeyError when it is optional and nobody provides it.
        """
        ...


def find(capabilities: Capabilities, kind: type[T]) -> T | None:
    """The provider of a kind that was declared `optional`; None when there is none."""
    try:
        return capabilities.get(kind)
    except KeyError:
        return None


@dataclass(frozen=True)
class Service:
    """One part of a node: what it provides, what it requires, and its life.

    A capability is named by its Protocol type (`provides=Journal`). `factory` receives the required
    capabilities and returns an async context manager: entered, it is ready and yields the provider;
    left, it is stopped. The supervisor enters it in one task, in dependency order, and leaves it in reverse,
    without cancelling it: cancel your own nursery when you are left. `optional` requirements are handed
    over when an enabled plugin provides them; `find` says None otherwise. Timeouts are in seconds.

    `on_crash` says what happens in a node when it fails, at its start or later: the node stops with an
    error that names it; or it is started again, with growing pauses; or the node goes on without it. The
    last two are for services that nothing else requires, and the node is degraded until they are back.
    """

    name: str
    provides: type[Any]
    factory: Callable[[Capabilities], AbstractAsyncContextManager[object]]
    requires: tuple[type[Any], ...] = ()
    optional: tuple[type[Any], ...] = ()
    start_timeout: float = 30.0
    stop_timeout: float = 10.0
    on_crash: OnCrash = "stop"
