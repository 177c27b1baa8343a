"""A command that a plugin adds to `chorus`, loaded only when it is called."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from chorus_hooks.console import Console
from chorus_hooks.service import Capabilities
from chorus_hooks.setting import Config

T = TypeVar("T")

Where = Literal["auto", "here", "node"]
"""Where a command's capabilities are: in the node that is up, else here; here in any case; in a node or
not at all."""


@dataclass(frozen=True)
class Command:
    """`chorus NAME`: `target` is "module:attribute" of a function (one command) or a typer.Typer (a group).

    The function takes a `typer.Context` whose `obj` is a `Host`. `help` is one line, shown without
    importing the target. `own_failure`, when set, is the exit code for everything that is CHORUS's own
    fault or refusal, so that a command's own code stays distinguishable (`docker run` uses 125).
    """

    name: str
    target: str
    help: str
    own_failure: int | None = None


class Host(Protocol):
    """What a running command may use. `typer.Context.obj` is one."""

    @property
    def config(self) -> Config:
        """The settings of this process."""
        ...

    @property
    def console(self) -> Console:
        """Where results and notes go."""
        ...

    def run(
        self,
        main: Callable[[Capabilities], Awaitable[T]],
        *,
        requires: tuple[type[Any], ...],
        optional: tuple[type[Any], ...] = (),
        where: Where = "auto",
    ) -> T:
        """Start the services that provide `requires`, run `main` under trio, stop them in reverse.

        Where `where` is "auto" and a node is up on the state dir, or `CHORUS_URL` names one, what a plugin
        offers as a remote is reached there, and the rest runs here, on its state dir. With "node" and none
        up, Unreachable; with "here" no node is asked. When `CHORUS_URL` names a node that cannot give what
        is required, UsageError. SIGINT and SIGTERM cancel `main`; after it has unwound the process exits
        with 128 + the signal. Raises what `main` raises, unwrapped from exception groups when there is one
        ChorusError.
        """
        ...
