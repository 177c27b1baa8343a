"""Budgets of the node: goals wait when one is used up, go on when it is not, and commands do not mind."""

from pathlib import Path

import pytest
import trio

from chorus_coordinator.budget import Amount, Budget, Scope
from chorus_coordinator.ledger import Ledger
from chorus_hooks.task import Task
from tests.integration.coordinator.node import Boots, Running, Stepper, goal, node, shell
from tests.integration.coordinator.test_direction import told

DAY = "2026-11-26"


@pytest.fixture
def boots() -> Boots:
    return Boots()


async def spend(running: Running, task: Task, tokens: int, cost: float | None = None) -> None:
    await running.direction.spent(task.id, 1, tokens=tokens, cost=cost)


async def used_up(running: Running, task: Task, day: str) -> str:
    """Why the task waits, as soon as that is what was spent on this day."""
    with trio.fail_after(10):
        while True:
            why = (await running.coordinator.get(task.id)).waiting_why or ""
            if f"of {day} (UTC)" in why:
                return why
            await trio.sleep(0.01)


async def test_an_attempt_waits_with_its_slot_and_goes_on_when_the_budget_is_raised(
    tmp_path: Path, boots: Boots
) -> None:
    stepper = Stepper(steps=2, tokens=600)
    stepper.may.release()
    stepper.may.release()
    budgets: dict[Scope, Budget] = {"task": Budget(tokens=500)}
    async with node(tmp_path, boots, stepper, serving=True, budgets=budgets) as running:
        task = await running.coordinator.submit(goal(), attended=False)
        stands = await told(running, task, "waiting", "budget")
        assert stands.attempt == 1
        used_up = "the budget of this task is used up: 600 of 500 tokens; "
        assert stands.waiting_why == f"{used_up}raise CHORUS_BUDGET_TASK and reload the node"
        running.budgets["task"] = Budget(tokens=1000)
        assert (await running.end(task.id)).state == "succeeded"
    assert stepper.at == [(task.id, 1)] * 2


async def test_a_goal_that_has_not_begun_takes_no_slot_from_commands(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots, slots=1, serving=True, budgets={"project": Budget(cost=1.0)}) as running:
        submit = running.coordinator.submit
        first = await submit(goal(project="web"), attended=False)
        await running.end(first.id)
        await spend(running, first, 10, cost=1.5)
        stopped = [await submit(goal(project="web", priority=9), attended=False) for _ in range(3)]
        command = await submit(shell(project="web"), attended=False)
        other = await submit(goal(project="api"), attended=False)
        assert (await running.end(command.id)).state == "succeeded"
        assert (await running.end(other.id)).state == "succeeded"
        for task in stopped:
            stands = await told(running, task, "waiting", "budget")
            assert "the project web is used up: a cost of 1.5 of 1;" in (stands.waiting_why or "")
        running.budgets["project"] = Budget(cost=2.0)
        for task in stopped:
            assert (await running.end(task.id)).state == "succeeded"


async def test_a_day_ends_at_midnight(tmp_path: Path, boots: Boots) -> None:
    days = [DAY]
    stepper = Stepper(steps=2, tokens=100)
    for _ in range(4):
        stepper.may.release()
    limits: dict[Scope, Budget] = {"day": Budget(tokens=100)}
    async with node(
        tmp_path, boots, stepper, slots=1, serving=True, budgets=limits, today=lambda: days[-1]
    ) as running:
        under_way = await running.coordinator.submit(goal(), attended=False)
        why = await used_up(running, under_way, DAY)
        assert "is used up: 100 of 100 tokens; it goes on by itself" in why
        days.append("2026-11-27")
        assert (await running.end(under_way.id)).state == "succeeded"
        behind = await running.coordinator.submit(goal("another"), attended=False)
        await told(running, behind, "waiting", "budget")
        days += ["2026-11-28"]
        await used_up(running, behind, "2026-11-28")
        days += ["2026-11-29"]
        assert (await running.end(behind.id)).state == "succeeded"


async def test_what_was_spent_outlives_the_process(tmp_path: Path, boots: Boots) -> None:
    ledger = Ledger(lambda scope: Budget(), lambda: DAY)
    for _ in range(2):
        async with node(tmp_path, boots, serving=True, today=lambda: DAY) as running:
            task = await running.coordinator.submit(goal(idempotency_key="k"), attended=False)
            await spend(running, task, 7, cost=0.25)
    async with node(tmp_path, boots) as running:
        keys = (("task", task.id), ("project", "default"), ("day", DAY))
        sums = [await running.journal.read(lambda db, k=key: ledger.spent(db, *k)) for key in keys]  # type: ignore[misc]
    assert sums == [Amount(14, 0.5)] * 3


async def test_a_pause_goes_before_a_budget_and_both_have_to_end(tmp_path: Path, boots: Boots) -> None:
    budgets: dict[Scope, Budget] = {"day": Budget(tokens=0)}
    async with node(tmp_path, boots, serving=True, budgets=budgets) as running:
        task = await running.coordinator.submit(goal(), attended=False)
        await told(running, task, "waiting", "budget")
        await running.coordinator.pause(task.id)
        await told(running, task, "waiting", "paused")
        running.budgets.clear()
        await running.coordinator.resume(task.id)
        assert (await running.end(task.id)).state == "succeeded"


async def test_a_goal_of_this_process_waits_too(tmp_path: Path, boots: Boots) -> None:
    budgets: dict[Scope, Budget] = {"day": Budget(tokens=0)}
    async with (
        node(tmp_path, boots, serving=True) as other,
        node(tmp_path, boots, budgets=budgets) as running,
    ):
        mine = await running.coordinator.submit(goal())
        theirs = await running.coordinator.submit(goal("another"), attended=False)
        assert (await other.end(theirs.id)).state == "succeeded"
        assert (await running.coordinator.get(mine.id)).waiting_for == "budget"
        running.budgets.clear()
        assert (await running.end(mine.id)).state == "succeeded"


async def test_an_attempt_that_is_over_does_not_wait(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots, serving=True, budgets={"day": Budget(tokens=0)}) as running:
        task = await running.coordinator.submit(shell(), attended=False)
        await running.end(task.id)
        with trio.fail_after(5):
            assert await running.direction.boundary(task.id, 1) == ()
            assert await running.direction.boundary("0" * 32, 1) == ()
