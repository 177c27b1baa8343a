"""How a node is: checks that really try something, run now and then by a node and once by `chorus doctor`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from chorus_hooks.command import Where
from chorus_hooks.service import Capabilities

Status = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Finding:
    """What a check found: `text` in a line, and what to do about it unless it is ok."""

    status: Status
    text: str
    cure: str = ""


@dataclass(frozen=True)
class Check:
    """A synthetic probe: it does a small piece of real work, and says how that went.

    `probe` receives the capabilities of `requires`, as a service does. A ChorusError that it raises is a
    failed finding, with the hint as its cure; so is taking longer than `timeout`. In a node it runs each
    `every` seconds; while a check that `gates` fails, the node is not ready. Times are in seconds.

    `chorus doctor` probes in its own process what is `where="here"`. What is "auto" it asks of the node that
    is up, and probes only where none is; what is "node" has no meaning without one.
    """

    name: str
    probe: Callable[[Capabilities], Awaitable[Finding]]
    requires: tuple[type[Any], ...] = ()
    every: float = 30.0
    timeout: float = 5.0
    gates: bool = False
    where: Where = "here"


@dataclass(frozen=True)
class CheckReport:
    """The newest finding of one check, how long it took (s), and when (RFC 3339, UTC; empty: not yet)."""

    name: str
    finding: Finding
    gates: bool
    took_s: float
    at: str


@dataclass(frozen=True)
class HealthReport:
    """How the node is. `ready` is whether it should be given work; `reason` says why not.

    `degraded` names what is wrong while the node goes on: checks that fail, services that crashed.
    """

    ready: bool
    reason: str
    degraded: tuple[str, ...]
    checks: tuple[CheckReport, ...]
    uptime_s: float


class Health(Protocol):
    """The health of this node. Given by the core in a node, absent in a command."""

    def report(self) -> HealthReport:
        """How it is now. Cheap, and callable from any thread."""
        ...


class Checks(Protocol):
    """The checks of a node, as it tells them to whoever asks over its API."""

    async def reports(self) -> tuple[CheckReport, ...]:
        """The newest of each."""
        ...
