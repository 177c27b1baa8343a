"""Whether an engine can hold what a sandbox promises, from its own `GET /info`. Pure."""

from collections.abc import Mapping
from typing import Any, Final

LIMITS: Final = {"MemoryLimit": "memory", "PidsLimit": "processes", "CpuCfsQuota": "processors"}
"""Fields of the answer, and what the engine cannot limit when one of them is false."""


def shortcomings(info: Mapping[str, Any]) -> tuple[str, ...]:
    """What is missing, in words for a person; nothing when all is there."""
    found = [f"it cannot limit {what}" for field, what in LIMITS.items() if info.get(field) is False]
    if info.get("OSType", "linux") != "linux":
        found.append("it runs no Linux containers")
    elif not any(_filters(option) for option in info.get("SecurityOptions") or ()):
        found.append("it filters no system calls (seccomp)")
    return tuple(found)


def _filters(option: str) -> bool:
    words = option.split(",")
    return "name=seccomp" in words and "profile=unconfined" not in words
