"""An examination tells everything that it finds: what does not start is a finding, and no end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from chorus import trial_start
from chorus.examination import Examination
from chorus_hooks.errors import ChorusError, Refused
from chorus_hooks.health import Check, CheckReport, Finding
from chorus_hooks.node import Node
from chorus_hooks.service import Capabilities, Service

Factory = Callable[[Capabilities], AbstractAsyncContextManager[object]]
Probe = Callable[[Capabilities], Awaitable[Finding]]
FINE = Finding("ok", "fine")


class Disk: ...


class Log: ...


class Radio: ...


async def fine(_: Capabilities) -> Finding:
    await trio.lowlevel.checkpoint()
    return FINE


def working(provider: object = "it", diary: list[str] | None = None) -> Factory:
    @asynccontextmanager
    async def live(_: Capabilities) -> AsyncIterator[object]:
        yield provider
        if diary is not None:
            diary.append(f"{provider} stopped")

    return live


def broken(error: Exception) -> Factory:
    @asynccontextmanager
    async def live(_: Capabilities) -> AsyncIterator[object]:
        raise error
        yield

    return live


def needing(
    name: str, *kinds: type[Any], probe: Callable[[Capabilities], Awaitable[Finding]] = fine
) -> Check:
    return Check(name, probe, requires=kinds)


def examine(path: Path, checks: list[Check], *services: Service) -> dict[str, Finding]:
    reports = Examination(checks, services, {}, {}).run(path)
    return {report.name: report.finding for report in reports}


def test_every_check_is_run_with_what_it_needs_and_told_in_order(tmp_path: Path) -> None:
    got: list[object] = []
    diary: list[str] = []

    async def ask(capabilities: Capabilities) -> Finding:
        got.extend((capabilities.get(Log), capabilities.get(Node).state_dir))
        return await fine(capabilities)

    checks = [needing("slow", Log, Node, probe=ask), needing("fast")]
    found = examine(
        tmp_path / "state",
        checks,
        Service("disk", Disk, working("a disk", diary)),
        Service("log", Log, working("a log", diary), requires=(Disk,)),
    )
    assert list(found.items()) == [("slow", FINE), ("fast", FINE)]
    assert got == ["a log", tmp_path / "state"]
    assert diary == ["a log stopped", "a disk stopped"]


def test_a_service_that_does_not_start_is_a_finding_and_what_needs_it_is_not_looked_at(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found = examine(
        tmp_path,
        [needing("log", Log), needing("radio", Radio), needing("plain")],
        Service("disk", Disk, broken(Refused("the disk is damaged", hint="restore it"))),
        Service("log", Log, working(), requires=(Disk,)),
        Service("radio", Radio, working()),
    )
    assert found == {
        "service disk": Finding("failed", "the disk is damaged", "restore it"),
        "log": Finding("warning", "not looked at: service disk does not start"),
        "radio": FINE,
        "plain": FINE,
    }
    assert capfd.readouterr().err == ""


def test_a_service_that_breaks_is_a_finding_without_a_traceback(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found = examine(
        tmp_path, [needing("radio", Radio)], Service("radio", Radio, broken(ZeroDivisionError("no waves")))
    )
    fault = found["service radio"]
    assert (fault.status, fault.text) == ("failed", "it does not start: ZeroDivisionError: no waves")
    assert capfd.readouterr().err == ""


def test_a_service_that_hangs_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_start, "START_S", 0.05)

    @asynccontextmanager
    async def hanging(_: Capabilities) -> AsyncIterator[object]:
        await trio.sleep_forever()
        yield

    found = examine(
        tmp_path,
        [needing("radio", Radio), needing("log", Log)],
        Service("radio", Radio, hanging),
        Service("log", Log, working(), requires=(Radio,)),
    )
    assert "did not start within 0.05 s" in found["service radio"].text
    assert found["radio"].text == found["log"].text == "not looked at: service radio does not start"


def test_a_service_that_crashes_while_it_runs_is_a_finding_too(tmp_path: Path) -> None:
    @asynccontextmanager
    async def crashing(_: Capabilities) -> AsyncIterator[object]:
        async def crash() -> None:
            raise ChorusError("the radio died")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(crash)
            yield "it"

    found = examine(tmp_path, [needing("radio", Radio), needing("plain")], Service("radio", Radio, crashing))
    assert found["plain"] == FINE
    assert found["service radio"].text == "the radio died"


def test_what_no_plugin_provides_is_told(tmp_path: Path) -> None:
    found = examine(tmp_path, [needing("radio", Radio), needing("plain")])
    assert found["radio"].status == "warning"
    assert "requires Radio, but no enabled plugin provides it" in found["radio"].text
    assert found["plain"] == FINE


def test_a_state_dir_that_cannot_be_used_is_a_finding_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = examine(
        tmp_path / "file" / "state",
        [needing("state-dir", Node), needing("log", Log), needing("radio", Radio)],
        Service("log", Log, working(), requires=(Node,)),
        Service("radio", Radio, working()),
    )
    assert (found["state-dir"].status, "cannot be used" in found["state-dir"].text) == ("failed", True)
    assert "--state-dir" in found["state-dir"].cure
    assert found["log"].text == "not looked at: the state dir cannot be used"
    assert found["radio"] == FINE


def test_all_checks_run_at_the_same_time(tmp_path: Path) -> None:
    met = trio.Event()

    async def wait(_: Capabilities) -> Finding:
        await met.wait()
        return FINE

    async def release(_: Capabilities) -> Finding:
        await trio.lowlevel.checkpoint()
        met.set()
        return FINE

    found = examine(tmp_path, [needing("first", probe=wait), needing("second", probe=release)])
    assert found == {"first": FINE, "second": FINE}


def test_what_a_node_told_is_neither_looked_at_nor_started_for(tmp_path: Path) -> None:
    told = CheckReport("mesh", Finding("warning", "as the node has it"), False, 0.1, "2026-11-28T12:00:00Z")
    services = [Service("log", provides=Log, factory=broken(RuntimeError("never started")))]
    examination = Examination([needing("plain"), needing("mesh", Log)], services, {}, {"mesh": told})
    assert [report.finding for report in examination.run(tmp_path)] == [FINE, told.finding]


def test_a_check_that_hangs_does_not_hold_up_the_examination(tmp_path: Path) -> None:
    async def hang(_: Capabilities) -> Finding:
        await trio.sleep_forever()
        return FINE

    reports: tuple[CheckReport, ...] = Examination(
        [Check("hangs", hang, timeout=0.05), needing("plain")], [], {}, {}
    ).run(tmp_path)
    assert [report.finding.status for report in reports] == ["failed", "ok"]
