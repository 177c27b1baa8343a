"""Sweepers run in their order, and one that fails harms none of the others."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from chorus.scratch_sweep import ScratchSweep
from chorus.state_dir import open_state_dir
from chorus.sweep import FIRST_S, JITTER, PERIOD_S, SWEEP_S, counts, find, in_order, remove, sweeping
from chorus_hooks.errors import ChorusError, Refused
from chorus_hooks.leftover import Leftover, Sweeper
from chorus_hooks.service import Capabilities

BLOB = Leftover("blob", "b", 30)
TASK = Leftover("task", "t", 12)


class Nothing:
    def get(self, kind: type[Any]) -> Any:
        raise LookupError(kind)


def nothing(_: tuple[type[Any], ...]) -> Capabilities:
    return Nothing()


class Pile:
    """Leftovers in memory."""

    def __init__(self, *leftovers: Leftover, told: list[float] | None = None) -> None:
        self.leftovers = leftovers
        self.told = told

    async def find(self) -> tuple[Leftover, ...]:
        await trio.lowlevel.checkpoint()
        return self.leftovers

    async def remove(self) -> tuple[Leftover, ...]:
        await trio.lowlevel.checkpoint()
        if self.told is not None:
            self.told.append(trio.current_time())
        gone, self.leftovers = self.leftovers, ()
        return gone


class Broken(Pile):
    def __init__(self, error: Exception) -> None:
        self.error = error

    async def find(self) -> tuple[Leftover, ...]:
        raise self.error


def sweeper(name: str, pile: Pile, *after: str) -> Sweeper:
    return Sweeper(name, lambda _: pile, after=after)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "trio", {"clock": MockClock(autojump_threshold=0)}


def names(*sweepers: Sweeper) -> list[str]:
    return [one.name for one in in_order(sweepers)]


def test_each_comes_after_those_it_names() -> None:
    pile = Pile()
    assert names(
        sweeper("blobs", pile, "tasks"), sweeper("tasks", pile, "approvals"), sweeper("approvals", pile)
    ) == ["approvals", "tasks", "blobs"]


def test_one_that_is_not_there_is_not_waited_for() -> None:
    assert names(sweeper("blobs", Pile(), "tasks")) == ["blobs"]


def test_a_cycle_is_named() -> None:
    with pytest.raises(ChorusError, match=r"wait for each other: [ab] -> [ab] -> [ab]"):
        in_order([sweeper("a", Pile(), "b"), sweeper("b", Pile(), "a")])


@given(st.data())
def test_any_graph_without_a_cycle_is_kept(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 8))
    pairs = data.draw(st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda p: p[0] < p[1])))
    sweepers = [
        sweeper(str(later), Pile(), *(str(earlier) for earlier, other in pairs if other == later))
        for later in range(count)
    ]
    order = names(*data.draw(st.permutations(sweepers)))
    assert sorted(order) == [str(number) for number in range(count)]
    assert order == names(*sweepers)
    for earlier, later in pairs:
        if later < count:
            assert order.index(str(earlier)) < order.index(str(later))


async def test_finding_changes_nothing_and_removing_tells_what_went() -> None:
    sweepers = [sweeper("blobs", Pile(BLOB), "tasks"), sweeper("tasks", Pile(TASK))]
    for _ in range(2):
        found = await find(sweepers, nothing)
        assert (found.leftovers, found.size, found.faults) == ((TASK, BLOB), 42, ())
    assert (await remove(sweepers, nothing)).leftovers == (TASK, BLOB)
    assert (await remove(sweepers, nothing)).leftovers == ()


async def test_one_that_fails_is_told_and_the_others_go_on() -> None:
    sweepers = [
        sweeper("a", Broken(Refused("the journal is damaged", hint="restore it"))),
        sweeper("b", Broken(ZeroDivisionError("division by zero"))),
        sweeper("c", Pile(BLOB)),
    ]
    found = await find(sweepers, nothing)
    assert found.leftovers == (BLOB,)
    assert [(fault.sweeper, fault.error.message, fault.error.hint) for fault in found.faults] == [
        ("a", "the journal is damaged", "restore it"),
        ("b", "ZeroDivisionError: division by zero", "-vv shows where"),
    ]


async def test_one_that_hangs_is_given_up_and_the_others_go_on() -> None:
    class Hanging(Pile):
        async def find(self) -> tuple[Leftover, ...]:
            await trio.sleep_forever()
            return ()

    found = await find([sweeper("a", Hanging()), sweeper("b", Pile(BLOB))], nothing)
    assert (found.leftovers, [fault.sweeper for fault in found.faults]) == ((BLOB,), ["a"])
    assert trio.current_time() == pytest.approx(SWEEP_S)


async def test_a_node_sweeps_after_some_minutes_and_then_each_hour(caplog: pytest.LogCaptureFixture) -> None:
    at: list[float] = []
    began = trio.current_time()
    sweepers = [sweeper("blobs", Pile(BLOB, TASK, told=at)), sweeper("broken", Failing())]
    with caplog.at_level(logging.INFO, "chorus.sweep"):
        async with sweeping(sweepers, nothing):
            await trio.sleep(FIRST_S + 3 * PERIOD_S * (1 + JITTER) + 60)
    first, *later = at
    assert first - began == pytest.approx(FIRST_S, rel=JITTER)
    gaps = [b - a for a, b in zip(at, later, strict=False)]
    assert len(gaps) == 3
    assert all(gap == pytest.approx(PERIOD_S, rel=JITTER) for gap in gaps)
    told = [record for record in caplog.records if record.levelno == logging.INFO]
    assert [record.__dict__["removed"] for record in told] == [{"blob": 1, "task": 1}]
    assert "sweeper broken: no disk" in caplog.text


class Failing(Pile):
    async def remove(self) -> tuple[Leftover, ...]:
        raise Refused("no disk")


def test_kinds_are_counted_in_the_order_in_which_they_came() -> None:
    assert counts([TASK, BLOB, TASK]) == {"task": 2, "blob": 1}


@pytest.fixture
def dead(tmp_path: Path) -> Iterator[Callable[[str, bytes], Path]]:
    """Makes the scratch directory of a boot that is not alive."""

    def make(boot: str, content: bytes) -> Path:
        scratch = tmp_path / "scratch" / boot
        (scratch / "deep").mkdir(parents=True)
        (scratch / "deep" / "file").write_bytes(content)
        return scratch

    yield make


async def test_scratch_of_dead_boots_goes_and_that_of_living_ones_stays(
    tmp_path: Path, dead: Callable[[str, bytes], Path]
) -> None:
    with open_state_dir(tmp_path) as node, open_state_dir(tmp_path) as other:
        (other.scratch / "work").write_bytes(b"x")
        left = dead("d" * 32, b"12345")
        sweep = ScratchSweep(node)
        assert await sweep.find() == (Leftover("scratch-dir", "d" * 32, 5),)
        assert left.exists()
        assert await sweep.remove() == (Leftover("scratch-dir", "d" * 32, 5),)
        assert not left.exists()
        assert (other.scratch / "work").exists()
        assert node.scratch.exists()
        assert await sweep.remove() == ()
