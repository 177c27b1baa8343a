"""The simulation: one seed is one history in any process, it breaks no promise, and it can find who does."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.errors import ChorusError, NotFound
from chorus_hooks.wire.answering import Call
from chorus_journal.exchange.serving import Server
from chorus_journal.writer import Commit
from contrib.simulation.disk import Disk
from contrib.simulation.plan import TROUBLE_S, draw
from contrib.simulation.run import simulate
from contrib.simulation.truth import Truth

LIARS = range(1, 10)
ONE = "from contrib.simulation.run import simulate; print(simulate(3).digest)"


@pytest.mark.slow
def test_one_seed_is_one_history_byte_for_byte_in_any_process() -> None:
    def digest(hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run([sys.executable, "-c", ONE], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert digest("1") == digest("2")


@pytest.mark.slow
def test_another_seed_is_another_history_and_neither_breaks_a_promise() -> None:
    one, other = simulate(5), simulate(6)
    assert (one.broken, other.broken) == (None, None)
    assert one.digest != other.digest
    assert min(one.entries, other.entries) > 10


@pytest.mark.slow
def test_a_disk_that_acknowledges_before_it_syncs_is_found_out() -> None:
    for seed in LIARS:
        outcome = simulate(seed, lies=True)
        if outcome.broken is not None:
            assert outcome.lines[-1].endswith(outcome.broken)
            return
    pytest.fail(f"none of {len(LIARS)} seeds finds a disk that lies")


@pytest.mark.slow
def test_a_blob_that_nobody_gives_though_somebody_has_it_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(server: Server, call: Call) -> None:
        raise NotFound("it is kept to oneself")

    monkeypatch.setattr(Server, "__call__", refuse)
    assert "does not get blob" in str(simulate(5).broken)


@given(st.integers(0, 2**40))
def test_a_plan_is_the_same_for_its_seed_in_order_and_of_nodes_that_there_are(seed: int) -> None:
    plan = draw(seed)
    assert plan == draw(seed)
    for things in (plan.faults, plan.words, plan.stores, plan.fetches):
        times = [thing.at for thing in things]
        assert times == sorted(times)
        assert all(0 <= at < TROUBLE_S for at in times)
    named = {number for fault in plan.faults for number in fault.nodes}
    named |= {deed.node for deeds in (plan.words, plan.stores, plan.fetches) for deed in deeds}
    assert named <= set(range(1, plan.nodes + 1))
    assert all(fetch.at >= plan.stores[fetch.number].at for fetch in plan.fetches)


@pytest.mark.parametrize(
    ("log", "wrong"),
    [
        ({0: "a", 1: "b"}, None),
        ({0: "a", 1: "b", 2: "new"}, None),
        ({0: "a"}, "lacks entry 1"),
        ({0: "a", 1: "x"}, "other bytes as entry 1"),
    ],
)
def test_a_log_must_hold_what_was_acknowledged(log: dict[int, str], wrong: str | None) -> None:
    truth = Truth()
    truth.acknowledged("origin", 0, "a")
    truth.acknowledged("origin", 1, "b")
    found = truth.own("origin", log)
    assert (wrong is None) == (found is None)
    assert wrong is None or wrong in str(found)


def test_a_copy_may_be_behind_and_not_otherwise_different() -> None:
    truth = Truth()
    for number in range(3):
        assert truth.acknowledged("origin", number, str(number)) is None
    assert truth.copy("origin", {0: "0"}, "somebody") is None
    assert "other bytes" in str(truth.copy("origin", {0: "1"}, "somebody"))
    assert "lacks entry 0" in str(truth.copy("origin", {1: "1", 2: "2"}, "somebody"))
    assert "acknowledged twice" in str(truth.acknowledged("origin", 0, "other"))


@pytest.mark.parametrize("lies", [False, True])
def test_what_was_not_synced_when_the_power_went_off_did_not_happen(lies: bool) -> None:
    done: list[str] = []

    def commit(group: Any) -> None:
        done.append("committed")

    async def check() -> None:
        disk = made(commit, lies)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(disk.run)
            nursery.start_soon(asks, disk)
            await trio.testing.wait_all_tasks_blocked()
            disk.cut_power()
            assert done == (["committed", "acknowledged"] if lies else [])
            assert disk.lost == (b"image" if lies else None)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()

    async def asks(disk: Disk) -> None:
        try:
            await disk.submit(lambda tx: None)
            done.append("acknowledged")
        except ChorusError:
            assert not lies

    def made(commit: Callable[..., None], lies: bool) -> Disk:
        import random

        ready: Commit = commit
        return Disk(ready, random.Random(1), lambda: b"image", lies=lies)

    trio.run(check, clock=trio.testing.MockClock())
    assert ("acknowledged" in done) == lies
