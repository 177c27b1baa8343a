"""An engine that cannot hold a promise is named before a task meets it."""

from typing import Any

import pytest

from chorus_docker.capability import shortcomings

FINE: dict[str, Any] = {
    "OSType": "linux",
    "MemoryLimit": True,
    "PidsLimit": True,
    "CpuCfsQuota": True,
    "SecurityOptions": ["name=apparmor", "name=seccomp,profile=builtin", "name=cgroupns"],
}


def test_an_engine_with_everything() -> None:
    assert shortcomings(FINE) == ()


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"MemoryLimit": False}, "memory"),
        ({"PidsLimit": False}, "processes"),
        ({"CpuCfsQuota": False}, "processors"),
        ({"SecurityOptions": ["name=seccomp,profile=unconfined"]}, "seccomp"),
        ({"SecurityOptions": None}, "seccomp"),
        ({"OSType": "windows"}, "Linux"),
    ],
)
def test_an_engine_that_lacks_something(changed: dict[str, Any], missing: str) -> None:
    [found] = shortcomings({**FINE, **changed})
    assert missing in found
