"""The core's own checks find what is wrong with the disk, the state dir, the clock and the installation."""

from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus.checks import core_checks
from chorus.checks.clock import A_STEP_S, EARLIEST, TOLD_FOR_S, ClockWatch, clock_check, synchronised
from chorus.checks.disk import GIB, MIB, Room, disk_check, judge, look
from chorus.checks.installation import configuration_check, plugins_check
from chorus.checks.state_dir import state_dir_check
from chorus.config import read
from chorus.plugins import Plugin, PluginHost
from chorus.settings import CORE
from chorus.state_dir import open_state_dir
from chorus_hooks.errors import ChorusError
from chorus_hooks.health import Check, Finding
from chorus_hooks.node import Node

T = TypeVar("T")
NOON = EARLIEST.timestamp() + 86400.0


class Given:
    def __init__(self, node: object = None) -> None:
        self._node = node

    def get(self, kind: type[T]) -> T:
        assert kind is Node
        return self._node  # type: ignore[return-value]


async def run(check: Check, node: object = None) -> Finding:
    return await check.probe(Given(node))


def room(free: int, *, size: int = 100 * GIB, inodes: int = 1_000_000, free_inodes: int = 900_000) -> Room:
    return Room(size, free, inodes, free_inodes)


@pytest.mark.parametrize(
    ("left", "status", "text"),
    [
        (room(50 * GIB), "ok", "53.7 GB of 107 GB are free"),
        (room(GIB - 1), "warning", "nearly full"),
        (room(100 * MIB), "warning", "nearly full"),
        (room(100 * MIB - 1), "failed", "the disk is full: 105 MB of 107 GB are free"),
        (room(0), "failed", "the disk is full: 0 B of 107 GB"),
        (room(7 * MIB, size=64 * MIB), "ok", "of 67.1 MB are free"),
        (room(6 * MIB, size=64 * MIB), "warning", "nearly full"),
        (room(MIB, size=64 * MIB), "failed", "full"),
        (room(50 * GIB, free_inodes=999), "failed", "no more files: 999 of 1000000 inodes are free"),
        (room(50 * GIB, free_inodes=19_999), "warning", "few more files"),
        (room(50 * GIB, inodes=0, free_inodes=0), "ok", "free"),
    ],
)
def test_a_disk_without_room_is_told(left: Room, status: str, text: str) -> None:
    finding = judge(left)
    assert (finding.status, text in finding.text) == (status, True), finding
    assert bool(finding.cure) == (status != "ok")


@given(st.integers(0, 1 << 50), st.integers(0, 1 << 50), st.integers(0, 1 << 40), st.integers(0, 1 << 40))
def test_more_room_is_never_judged_worse(a: int, b: int, c: int, d: int) -> None:
    size, free, less = max(a, b), min(a, b), min(a, b) // 2
    inodes, free_inodes, fewer = max(c, d), min(c, d), min(c, d) // 2
    ranks = ["failed", "warning", "ok"]
    better = judge(Room(size, free, inodes, free_inodes))
    worse = judge(Room(size, less, inodes, fewer))
    assert ranks.index(worse.status) <= ranks.index(better.status)


def test_the_disk_is_really_asked(tmp_path: Path) -> None:
    seen = look(tmp_path)
    assert 0 < seen.free <= seen.size
    assert seen.free_inodes <= seen.inodes


async def test_a_disk_that_went_away_is_told(tmp_path: Path) -> None:
    with open_state_dir(tmp_path / "state") as node:
        assert (await run(disk_check(), node)).status in ("ok", "warning")
        (tmp_path / "state").rename(tmp_path / "moved")
        with pytest.raises(ChorusError, match="cannot be looked at: No such file"):
            await run(disk_check(), node)
        with pytest.raises(ChorusError, match="takes no files: No such file"):
            await run(state_dir_check(), node)
        (tmp_path / "moved").rename(tmp_path / "state")


@pytest.mark.parametrize(("mode", "status"), [(0o755, "warning"), (0o701, "warning"), (0o770, "failed")])
async def test_a_state_dir_that_others_may_enter_is_told(tmp_path: Path, mode: int, status: str) -> None:
    state_dir = tmp_path / "state"
    with open_state_dir(state_dir) as node:
        private = await run(state_dir_check(), node)
        assert (private.status, "is private, on" in private.text) == ("ok", True)
        assert sorted(path.name for path in state_dir.iterdir()) == ["boots", "scratch"]
        state_dir.chmod(mode)
        finding = await run(state_dir_check(), node)
        assert (finding.status, finding.cure) == (status, f"chmod 700 {state_dir}")


def test_a_clock_that_runs_is_fine() -> None:
    watch = ClockWatch()
    for second in range(0, 3600, 10):
        finding = watch.look(NOON + second * 1.0001, second, synchronised=True)
        assert finding == Finding("ok", "the clock is set, and synchronised")


def test_a_clock_that_nobody_sets_is_a_warning_where_that_is_known() -> None:
    assert ClockWatch().look(NOON, 0, synchronised=False).status == "warning"
    assert ClockWatch().look(NOON, 0, synchronised=None) == Finding("ok", "the clock is set")


def test_a_clock_before_chorus_was_written_is_wrong() -> None:
    finding = ClockWatch().look(0.0, 0, synchronised=True)
    assert (finding.status, finding.text) == (
        "failed",
        "the clock says 1970-01-01 00:00:00 UTC, which is in the past",
    )


def test_a_step_is_told_with_its_size_for_a_while_and_then_forgotten() -> None:
    watch = ClockWatch()
    watch.look(NOON, 100, synchronised=True)
    stepped = watch.look(NOON + 3610, 110, synchronised=True)
    assert stepped.status == "warning"
    assert stepped.text == "the clock was set +3600 s, noticed at 2025-11-02 01:00:10 UTC"
    later = watch.look(NOON + 3610 + TOLD_FOR_S - 1, 110 + TOLD_FOR_S - 1, synchronised=True)
    assert later == stepped
    assert watch.look(NOON + 3610 + TOLD_FOR_S, 110 + TOLD_FOR_S, synchronised=True).status == "ok"


def test_a_step_back_is_told_too() -> None:
    watch = ClockWatch()
    watch.look(NOON, 100, synchronised=True)
    assert "set -3600 s" in watch.look(NOON - 3590, 110, synchronised=True).text


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(-1e6, 1e6)), max_size=20))
def test_a_step_is_told_exactly_when_the_clocks_parted(looks: list[tuple[float, float]]) -> None:
    watch = ClockWatch()
    steady, offset = 0.0, NOON + 1e8
    watch.look(offset, steady, synchronised=True)
    stepped_at = float("-inf")
    for pause, step in looks:
        before = offset
        steady, offset = steady + pause, offset + step
        parted = (offset + steady - steady) - before  # as floats see it
        if abs(abs(parted) - A_STEP_S) < 0.001:
            return
        if abs(parted) > A_STEP_S:
            stepped_at = steady
        finding = watch.look(offset + steady, steady, synchronised=True)
        assert (finding.status == "warning") == (steady - stepped_at < TOLD_FOR_S)


async def test_the_clock_check_compares_from_look_to_look() -> None:
    wall, steady = [NOON], [0.0]
    check = clock_check(lambda: wall[0], lambda: steady[0])
    assert "was set" not in (await run(check)).text
    wall[0], steady[0] = NOON + 3600, 10.0
    assert "was set +3590 s" in (await run(check)).text


def test_the_kernel_is_asked_whether_the_clock_is_synchronised() -> None:
    assert synchronised() in (True, False, None)


async def test_a_variable_that_looks_like_ours_is_told() -> None:
    finding = await run(configuration_check(read(CORE, {"CHORUS_STATE_DIRR": "/x"})))
    assert (finding.status, "did you mean CHORUS_STATE_DIR?" in finding.text) == ("warning", True)
    fine = await run(configuration_check(read(CORE, {"CHORUS_LOG_LEVEL": "info"})))
    assert fine == Finding("ok", "set: CHORUS_LOG_LEVEL")


async def test_a_plugin_that_failed_is_named_with_its_error() -> None:
    host = PluginHost([])
    host.plugins = [Plugin("fine", "d", "1"), Plugin("off", "d", "1", status="disabled")]
    assert await run(plugins_check(host)) == Finding("ok", "1 plugins: fine")
    host.plugins.append(Plugin("radio", "d", "1", status="failed", error="ImportError: no radio"))
    finding = await run(plugins_check(host))
    assert (finding.status, "radio (ImportError: no radio)" in finding.text) == ("failed", True)


async def test_every_core_check_runs_on_this_machine(tmp_path: Path) -> None:
    checks = core_checks(read(CORE, {}), PluginHost([]))
    with open_state_dir(tmp_path / "state") as node:
        findings = {check.name: await run(check, node) for check in checks}
    assert sorted(findings) == ["clock", "configuration", "disk", "platform", "plugins", "state-dir"]
    assert all(finding.text for finding in findings.values())


def test_what_is_cheap_is_looked_at_often_and_nothing_more_often_than_each_ten_seconds() -> None:
    every: dict[str, float] = {
        check.name: check.every for check in core_checks(read(CORE, {}), PluginHost([]))
    }
    assert min(every.values()) >= 10
    assert every["state-dir"] >= 60  # it waits for the disk
