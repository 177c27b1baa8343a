"""Readiness: gates decide it, twice is needed to fall and once to come back; all else degrades."""

from collections.abc import Sequence
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from chorus.health import NodeHealth
from chorus_hooks.health import Check, CheckReport, Finding
from chorus_hooks.service import Capabilities

Status = Literal["ok", "warning", "failed"]


async def never(_: Capabilities) -> Finding:
    raise AssertionError("a state machine runs nothing")


GATES = ("disk", "journal")
CHECKS = (*(Check(name, never, gates=True) for name in GATES), Check("clock", never))


def node(*, started: bool = True) -> NodeHealth:
    health = NodeHealth(CHECKS, lambda: 12.5)
    if started:
        health.started()
    return health


def report(name: str, status: Status, text: str = "text") -> CheckReport:
    return CheckReport(name, Finding(status, text), name in GATES, 0.1, "2026-11-25T00:00:00.000Z")


def ready() -> NodeHealth:
    health = node()
    for name in GATES:
        health.found(report(name, "ok"))
    assert health.report().ready
    return health


def test_before_anything_was_found_it_is_not_ready_and_says_what_it_waits_for() -> None:
    starting = node(started=False).report()
    assert (starting.ready, starting.reason) == (False, "the node is starting")
    started = node().report()
    assert (started.ready, started.reason) == (
        False,
        "disk: not looked at yet; journal: not looked at yet",
    )
    assert started.degraded == ()
    assert [(check.name, check.at) for check in started.checks] == [
        ("disk", ""),
        ("journal", ""),
        ("clock", ""),
    ]


def test_it_is_ready_when_every_gate_has_passed_a_warning_included() -> None:
    health = node()
    health.found(report("disk", "warning"))
    assert not health.report().ready
    health.found(report("journal", "ok"))
    assert (health.report().ready, health.report().reason) == (True, "")


def test_gates_that_pass_do_not_make_a_node_ready_that_still_starts() -> None:
    health = node(started=False)
    for name in GATES:
        health.found(report(name, "ok"))
    assert health.report().reason == "the node is starting"
    health.started()
    assert health.report().ready


def test_one_bad_look_degrades_and_the_second_makes_it_not_ready() -> None:
    health = ready()
    health.found(report("disk", "failed", "the disk is full"))
    assert health.report().ready
    assert health.report().degraded == ("disk: the disk is full",)
    health.found(report("disk", "failed", "the disk is still full"))
    assert (health.report().ready, health.report().reason) == (False, "disk: the disk is still full")


def test_passing_once_brings_it_back() -> None:
    health = ready()
    for _ in range(5):
        health.found(report("disk", "failed"))
    health.found(report("disk", "ok"))
    assert (health.report().ready, health.report().degraded) == (True, ())
    health.found(report("disk", "failed"))
    assert health.report().ready


def test_a_check_that_is_no_gate_never_makes_it_not_ready() -> None:
    health = ready()
    for _ in range(5):
        health.found(report("clock", "failed", "it was set"))
    assert (health.report().ready, health.report().degraded) == (True, ("clock: it was set",))


def test_a_warning_does_not_degrade() -> None:
    health = ready()
    health.found(report("clock", "warning"))
    assert health.report().degraded == ()


def test_a_service_that_is_down_degrades_until_it_is_up() -> None:
    health = ready()
    health.service_down("radio", "it died")
    assert (health.report().ready, health.report().degraded) == (True, ("service radio: it died",))
    health.service_down("radio", "it died again")
    assert health.report().degraded == ("service radio: it died again",)
    health.service_up("radio")
    health.service_up("radio")
    assert health.report().degraded == ()


def test_a_node_that_stops_takes_no_work_whatever_is_found() -> None:
    health = ready()
    health.stopping()
    for name in GATES:
        health.found(report(name, "ok"))
    assert (health.report().ready, health.report().reason) == (False, "the node is stopping")


def test_the_newest_finding_of_each_check_is_reported() -> None:
    health = ready()
    newest = report("clock", "ok", "the newest")
    health.found(report("clock", "failed"))
    health.found(newest)
    assert health.report().checks[2] is newest
    assert health.report().uptime_s == 12.5


@given(
    st.lists(
        st.tuples(st.sampled_from(("disk", "journal", "clock")), st.sampled_from(("ok", "warning", "failed")))
    )
)
def test_readiness_is_what_its_history_says(history: Sequence[tuple[str, Status]]) -> None:
    health = node()
    for name, status in history:
        health.found(report(name, status))
    told = health.report()
    assert told.ready == all(is_open([s for n, s in history if n == gate]) for gate in GATES)
    assert told.ready == (told.reason == "")
    last = dict(history)
    assert {line.partition(":")[0] for line in told.degraded} == {n for n, s in last.items() if s == "failed"}


def is_open(history: Sequence[Status]) -> bool:
    """It has passed, and at most one failure came after the last pass."""
    passes = [index for index, status in enumerate(history) if status != "failed"]
    return bool(passes) and len(history) - 1 - passes[-1] < 2
