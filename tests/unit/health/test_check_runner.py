"""Checks run in time, each by its own period, and none can harm another, or the node."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from chorus.check_runner import AGAIN_S, AT_ONCE, FIRST_S, CheckRunner, checking
from chorus.health import NodeHealth
from chorus_hooks.errors import Refused
from chorus_hooks.health import Check, CheckReport, Finding
from chorus_hooks.service import Capabilities

Probe = Callable[[Capabilities], Awaitable[Finding]]
FINE = Finding("ok", "fine")


class Nothing:
    def get(self, kind: type[Any]) -> Any:
        raise LookupError(kind)


def nothing(_: tuple[type[Any], ...]) -> Capabilities:
    return Nothing()


def saying(*findings: Finding) -> Probe:
    """One finding after the other; the last one for ever."""
    left = list(findings)

    async def probe(_: Capabilities) -> Finding:
        await trio.lowlevel.checkpoint()
        return left.pop(0) if len(left) > 1 else left[0]

    return probe


async def hang(_: Capabilities) -> Finding:
    await trio.sleep_forever()
    return FINE


async def once(check: Check) -> CheckReport:
    reports: list[CheckReport] = []
    async with trio.open_nursery() as nursery:
        await CheckRunner(nursery, nothing).run(check, reports.append)
    (report,) = reports
    return report


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "trio", {"clock": MockClock(autojump_threshold=0)}


async def test_a_finding_is_told_with_how_long_it_took() -> None:
    async def slow(_: Capabilities) -> Finding:
        await trio.sleep(2)
        return FINE

    report = await once(Check("slow", slow, gates=True))
    assert (report.name, report.finding, report.gates, report.took_s) == ("slow", FINE, True, 2)
    assert report.at.endswith("Z")


async def test_a_refusal_is_a_finding_with_its_cure() -> None:
    async def refuse(_: Capabilities) -> Finding:
        raise Refused("no sandbox", hint="install one")

    assert (await once(Check("x", refuse))).finding == Finding("failed", "no sandbox", "install one")


async def test_so_is_one_out_of_a_nursery() -> None:
    async def refuse(_: Capabilities) -> Finding:
        async with trio.open_nursery():
            raise Refused("no sandbox")

    assert (await once(Check("x", refuse))).finding.text == "no sandbox"


async def test_a_bug_in_a_check_is_its_finding_and_no_crash() -> None:
    async def broken(_: Capabilities) -> Finding:
        raise ZeroDivisionError("division by zero")

    finding = (await once(Check("x", broken))).finding
    assert (finding.status, "ZeroDivisionError: division by zero" in finding.text) == ("failed", True)
    missing = await once(Check("x", saying(FINE), requires=(str,)))
    assert missing.finding == FINE


async def test_a_check_that_hangs_is_told_as_failed_and_cancelled() -> None:
    report = await once(Check("x", hang, timeout=3))
    assert (report.finding.status, report.finding.text, report.took_s) == (
        "failed",
        "no answer within 3 s",
        3,
    )


async def test_one_that_hangs_on_in_spite_of_that_hangs_alone() -> None:
    release = trio.Event()

    async def stubborn(_: Capabilities) -> Finding:
        with trio.CancelScope(shield=True):
            await release.wait()
        return FINE

    reports: list[CheckReport] = []
    async with trio.open_nursery() as nursery:
        runner = CheckRunner(nursery, nothing)
        for number in range(AT_ONCE):
            nursery.start_soon(runner.run, Check(f"stubborn {number}", stubborn, timeout=1), reports.append)
        await trio.sleep(2)
        assert len(reports) == AT_ONCE
        await runner.run(Check("other", saying(FINE)), reports.append)
        assert reports[-1].finding == FINE
        release.set()
    assert len(reports) == AT_ONCE + 1


async def test_only_a_few_run_at_once() -> None:
    running, most = 0, 0

    async def count(_: Capabilities) -> Finding:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await trio.sleep(1)
        running -= 1
        return FINE

    async with trio.open_nursery() as nursery:
        runner = CheckRunner(nursery, nothing)
        for number in range(3 * AT_ONCE):
            nursery.start_soon(runner.run, Check(str(number), count), lambda _: None)
    assert most == AT_ONCE


def watched(*checks: Check) -> NodeHealth:
    return NodeHealth(checks, lambda: 0.0)


async def test_a_node_is_entered_ready_when_its_gates_pass() -> None:
    checks = [Check("disk", saying(FINE), gates=True), Check("slow", hang)]
    health = watched(*checks)
    async with checking(health, checks, nothing):
        assert health.report().ready
        assert trio.current_time() < FIRST_S
    assert health.report().reason == "the node is stopping"


async def test_a_gate_that_is_slow_does_not_hold_up_a_node_for_long() -> None:
    checks = [Check("sandbox", hang, gates=True, timeout=60)]
    health = watched(*checks)
    began = trio.current_time()
    async with checking(health, checks, nothing):
        assert trio.current_time() - began == pytest.approx(FIRST_S)
        assert health.report().reason == "sandbox: not looked at yet"


async def test_each_runs_by_its_own_period_give_or_take_a_tenth() -> None:
    runs: dict[str, list[float]] = {"often": [], "seldom": []}

    def noting(name: str) -> Probe:
        async def probe(_: Capabilities) -> Finding:
            runs[name].append(trio.current_time())
            await trio.lowlevel.checkpoint()
            return FINE

        return probe

    checks = [Check("often", noting("often"), every=10), Check("seldom", noting("seldom"), every=60)]
    async with checking(watched(*checks), checks, nothing):
        await trio.sleep(600)
    gaps = [b - a for a, b in zip(runs["often"], runs["often"][1:], strict=False)]
    assert all(9 <= gap <= 11 for gap in gaps)
    assert len(set(gaps)) > 1
    assert 9 <= len(runs["seldom"]) <= 12


async def test_a_gate_that_fails_is_looked_at_again_soon_and_recovers_by_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    full = Finding("failed", "the disk is full", "free some space")
    checks = [Check("disk", saying(FINE, full, full, FINE), every=60, gates=True)]
    health = watched(*checks)
    with caplog.at_level(logging.INFO, "chorus.health"):
        async with checking(health, checks, nothing):
            states: list[tuple[bool, tuple[str, ...]]] = [(True, ())]
            while len(states) < 4:
                await trio.sleep(0.5)
                now = health.report()
                if (now.ready, now.degraded) != states[-1]:
                    states.append((now.ready, now.degraded))
            assert trio.current_time() < 1.1 * (60 + AGAIN_S + AGAIN_S) + 1
    told = ("disk: the disk is full",)
    assert states == [(True, ()), (True, told), (False, told), (True, ())]
    assert [record.getMessage() for record in caplog.records] == [
        "ready for work",
        "check disk failed: the disk is full (try: free some space)",
        "not ready for work: disk: the disk is full",
        "check disk ok: fine",
        "ready for work",
    ]


async def test_checks_that_break_or_hang_leave_the_node_and_the_others_alone() -> None:
    async def broken(_: Capabilities) -> Finding:
        raise RuntimeError("bug")

    checks = [Check("broken", broken), Check("hangs", hang), Check("fine", saying(FINE))]
    health = watched(*checks)
    async with checking(health, checks, nothing):
        await trio.sleep(100)
    statuses = {check.name: check.finding.status for check in health.report().checks}
    assert statuses == {"broken": "failed", "hangs": "failed", "fine": "ok"}
