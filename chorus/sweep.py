"""Removing what nothing needs: every registered sweeper in its turn, once or again and again."""

import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

import trio

from chorus.errors import first_of
from chorus_hooks.errors import ChorusError
from chorus_hooks.leftover import Leftover, Sweep, Sweeper
from chorus_hooks.service import Capabilities

FIRST_S: Final = 300.0
"""A node that has just started has better things to do."""

PERIOD_S: Final = 3600.0

JITTER: Final = 0.1
"""A tenth of the period more or less, so that the nodes of one machine do not sweep at the same moment."""

SWEEP_S: Final = 600.0
"""A sweep walks a tree or asks an engine; one that needs this long hangs."""

Lookup = Callable[[tuple[type[Any], ...]], Capabilities]

_log = logging.getLogger("chorus.sweep")


@dataclass(frozen=True)
class Fault:
    """A sweeper that could not do its work, and why."""

    sweeper: str
    error: ChorusError


@dataclass(frozen=True)
class Swept:
    """What all sweepers together found, or removed."""

    leftovers: tuple[Leftover, ...]
    faults: tuple[Fault, ...]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(leftover.size for leftover in self.leftovers)


def in_order(sweepers: Iterable[Sweeper]) -> list[Sweeper]:
    """Each after those it names in `after`, as far as they are there. Raises ChorusError for a cycle."""
    known = {sweeper.name: sweeper for sweeper in sorted(sweepers, key=lambda sweeper: sweeper.name)}
    graph = {name: [other for other in sweeper.after if other in known] for name, sweeper in known.items()}
    try:
        return [known[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        raise ChorusError("sweepers wait for each other: " + " -> ".join(error.args[1])) from None


async def find(sweepers: Iterable[Sweeper], capabilities: Lookup) -> Swept:
    """What would go. What a sweeper lets go of for the next one is not seen yet."""
    return await _each(sweepers, capabilities, lambda sweep: sweep.find())


async def remove(sweepers: Iterable[Sweeper], capabilities: Lookup) -> Swept:
    """Remove it; returns what really went."""
    return await _each(sweepers, capabilities, lambda sweep: sweep.remove())


@asynccontextmanager
async def sweeping(sweepers: Iterable[Sweeper], capabilities: Lookup) -> AsyncIterator[None]:
    """While inside, a node sweeps each hour; first after some minutes."""
    ordered = in_order(sweepers)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_keep_sweeping, ordered, capabilities)
        try:
            yield
        finally:
            nursery.cancel_scope.cancel()


async def _keep_sweeping(ordered: Sequence[Sweeper], capabilities: Lookup) -> None:
    pause = FIRST_S
    while True:
        await trio.sleep(pause * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - no secret
        swept = await remove(ordered, capabilities)
        for fault in swept.faults:
            _log.warning("sweeper %s: %s", fault.sweeper, fault.error.message)
        if swept.leftovers:
            _log.info("removed what nothing needs", extra={"removed": counts(swept.leftovers)})
        pause = PERIOD_S


def counts(leftovers: Sequence[Leftover]) -> dict[str, int]:
    """How many there are of each kind."""
    kinds = [leftover.kind for leftover in leftovers]
    return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}


async def _each(
    sweepers: Iterable[Sweeper],
    capabilities: Lookup,
    act: Callable[[Sweep], Awaitable[tuple[Leftover, ...]]],
) -> Swept:
    """A sweeper that fails harms none of the others: each looks for itself at what is referenced."""
    leftovers: list[Leftover] = []
    faults: list[Fault] = []
    for sweeper in in_order(sweepers):
        try:
            with trio.fail_after(SWEEP_S):
                leftovers += await act(sweeper.build(capabilities(sweeper.requires)))
        except trio.TooSlowError:
            faults.append(Fault(sweeper.name, ChorusError(f"it did not end within {SWEEP_S:g} s")))
        except Exception as error:
            cause = first_of(error)
            _log.debug("sweeper %s failed", sweeper.name, exc_info=error)
            if not isinstance(cause, ChorusError):
                cause = ChorusError(f"{type(cause).__name__}: {cause}", hint="-vv shows where")
            faults.append(Fault(sweeper.name, cause))
    return Swept(tuple(leftovers), tuple(faults))
