"""Which labelled containers nobody needs any more. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from chorus_docker.body import BOOT, DEADLINE, OWNER

STARTING_S: Final = 120.0
"""A container that was created this long ago and never started belongs to a process that died in between."""

STEP_S: Final = 2 * 3600.0
"""The clock may be set by an hour while a container runs: one of another owner gets this much more time."""

ENDED: Final = frozenset({"exited", "dead"})


def leftovers(
    containers: Iterable[Mapping[str, Any]], *, owner: str, alive: Callable[[str], bool], now: float
) -> list[str]:
    """Ids out of the engine's list. Another owner's containers go only when their time is over."""
    return [str(container["Id"]) for container in containers if _abandoned(container, owner, alive, now)]


def _abandoned(container: Mapping[str, Any], owner: str, alive: Callable[[str], bool], now: float) -> bool:
    labels = container.get("Labels") or {}
    state = container.get("State")
    boot = labels.get(BOOT)
    if state in ENDED:
        return True
    if labels.get(OWNER) == owner and boot is not None:
        return not alive(boot)  # whatever the clock says
    if state == "created" and _number(container.get("Created")) < now - STARTING_S:
        return True
    return _number(labels.get(DEADLINE)) < now - STEP_S


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return 0.0
