"""Limits with their defaults."""

import pytest

from chorus_executor.limits import allow
from chorus_hooks.errors import UsageError
from chorus_hooks.task import Limits

MB = 1 << 20


def test_defaults() -> None:
    allowance = allow(Limits(), "python")
    assert (allowance.timeout_s, allowance.cpus, allowance.pids) == (600.0, 1.0, 512)
    assert (allowance.memory, allowance.disk, allowance.output) == (2048 * MB, 768 * MB, 10 * MB)


def test_a_language_may_have_its_own() -> None:
    assert allow(Limits(), "java").memory > allow(Limits(), "python").memory
    assert allow(Limits(memory="64m"), "java").memory == 64 * MB


def test_disk_follows_memory() -> None:
    assert allow(Limits(memory="256m"), "shell").disk == 96 * MB


@pytest.mark.parametrize(
    ("limits", "named"),
    [
        (Limits(memory="lots"), "limits.memory"),
        (Limits(memory="0"), "limits.memory"),
        (Limits(output="-1"), "limits.output"),
        (Limits(timeout_s=0.0), "limits.timeout_s"),
        (Limits(timeout_s=float("inf")), "limits.timeout_s"),
        (Limits(timeout_s=float("nan")), "limits.timeout_s"),
        (Limits(cpus=-1.0), "limits.cpus"),
        (Limits(pids=0), "limits.pids"),
        (Limits(memory="1g", disk="1g"), "a disk limit of 1g does not fit a memory limit of 1g"),
    ],
)
def test_limits_that_cannot_hold_are_refused_by_name(limits: Limits, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        allow(limits, "python")
