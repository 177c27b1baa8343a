"""What a task may use, with the defaults filled in. Pure."""

from dataclasses import dataclass
from typing import Final

import msgspec

from chorus_hooks.errors import UsageError
from chorus_hooks.quantity import format_size, parse_size
from chorus_hooks.task import Limits, Reason

_DEFAULT: Final = Limits(timeout_s=600.0, memory="2g", cpus=1.0, pids=512, output="10m")

_GOAL_S: Final = 3600.0
"""Dozens of commands, and a model that thinks before each of them. Only commands count."""

# Compilers that link whole programs, and runtimes that reserve heaps, need more than the rest.
_BY_LANGUAGE: Final = {
    "java": Limits(timeout_s=1200.0, memory="3g", pids=1024),
    "rust": Limits(timeout_s=1200.0, memory="3g"),
    "go": Limits(timeout_s=900.0, pids=1024),
}

_FLAGS: Final = {
    "timeout": "raise it with --timeout",
    "memory": "raise it with --memory",
    "output": "raise it with --max-output",
    "disk": "raise it with --disk, or with --memory, which it follows",
}


@dataclass(frozen=True)
class Allowance:
    """The limits of one task: seconds, bytes, cores, processes."""

    timeout_s: float
    memory: int
    cpus: float
    pids: int
    disk: int
    output: int


def allow(limits: Limits, language: str, *, goal: bool = False) -> Allowance:
    """Fill in the defaults; a goal has more time.

    Raises UsageError for text that is no size and for limits that cannot hold.
    """
    default = _BY_LANGUAGE.get(language, _DEFAULT)
    if goal:
        default = msgspec.structs.replace(default, timeout_s=_GOAL_S)
    memory = _size("memory", limits.memory or default.memory or _DEFAULT.memory)
    disk = _size("disk", limits.disk) if limits.disk else memory * 3 // 8
    if disk * 4 > memory * 3:
        raise UsageError(
            f"a disk limit of {format_size(disk)} does not fit a memory limit of {format_size(memory)}",
            hint="files live in memory there: raise --memory, or keep disk under three quarters of it",
        )
    return Allowance(
        timeout_s=_positive("timeout_s", limits.timeout_s, default.timeout_s or _DEFAULT.timeout_s),
        memory=memory,
        cpus=_positive("cpus", limits.cpus, default.cpus or _DEFAULT.cpus),
        pids=int(_positive("pids", limits.pids, default.pids or _DEFAULT.pids)),
        disk=disk,
        output=_size("output", limits.output or default.output or _DEFAULT.output),
    )


def limit_reached(reason: Reason, allowance: Allowance) -> str:
    """Which limit ended the task, and what raises it; empty when it was no limit."""
    reached = {
        "timeout": ("timeout", f"time limit of {allowance.timeout_s:g} s"),
        "oom": ("memory", f"memory limit of {format_size(allowance.memory)}"),
        "output_limit": ("output", f"output limit of {format_size(allowance.output)}"),
        "disk_limit": ("disk", f"disk limit of {format_size(allowance.disk)}"),
    }.get(reason)
    return f"{reached[1]} reached; {_FLAGS[reached[0]]}" if reached else ""


def _size(name: str, text: str | None) -> int:
    try:
        size = parse_size(text or "")
    except ValueError as error:
        raise UsageError(f"limits.{name}: {error}") from None
    if size <= 0:
        raise UsageError(f"limits.{name}: must be more than nothing")
    return size


def _positive(name: str, given: float | None, default: float | None) -> float:
    value = default if given is None else given
    if value is None or not 0 < value < float("inf"):
        raise UsageError(f"limits.{name}: {value} is not a positive number")
    return value
