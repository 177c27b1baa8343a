"""A goal: what a model submits is a claim, and the clean room decides."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from chorus_hooks.errors import Unreachable, UsageError
from chorus_hooks.executor import Assignment, Report
from chorus_hooks.reasoner import Ending, Workbench
from chorus_hooks.sandbox import Exit
from chorus_hooks.task import Limits, TaskDocument, Thinking
from tests.unit.executor.fakes import Bench, Files

SUBMITTED = Ending("submitted", Thinking(steps=2, summary="fixed it"))


@dataclass
class Scripted:
    """Implements `Reasoner` by a function of the test."""

    work_on: Callable[[Workbench], Awaitable[Ending]]
    language: str = ""
    unable: Ending | None = None

    async def ready(self, assignment: Assignment) -> Ending | None:
        return self.unable

    async def work(self, assignment: Assignment, language: str, bench: Workbench, report: Report) -> Ending:
        self.language = language
        return await self.work_on(bench)


async def fix(files: Files) -> int:
    files.data["main.py"] = b"right\n"
    await files.say(b"fixed\n")
    return 0


async def cheat(files: Files) -> int:
    files.data["test_main.py"] = b"pass\n"
    files.data["conftest.py"] = b"all_pass()\n"
    return 0


async def check(files: Files) -> int:
    wants = b"right" if files.data["test_main.py"] == b"strict\n" else b""
    return 0 if wants in files.data["main.py"] and "conftest.py" not in files.data else 1


def does(*lines: str, ending: Ending = SUBMITTED) -> Scripted:
    async def work(bench: Workbench) -> Ending:
        for line in lines:
            await bench.run(line, timeout_s=10, keep=100)
        return ending

    return Scripted(work)


@pytest.fixture
def goal(bench: Bench) -> TaskDocument:
    bench.programs(fix=fix, cheat=cheat, check=check)
    source = bench.source({"main.py": b"wrong\n", "test_main.py": b"strict\n"})
    return TaskDocument(
        kind="goal", goal="make it right", verify=("check",), source=source, language="python"
    )


async def test_work_that_passes_verify_is_done(bench: Bench, goal: TaskDocument) -> None:
    bench.reasoner = does("fix")
    result = await bench.execute(goal)
    assert (result.reason, result.exit_code) == ("exited", 0)
    assert result.thinking == SUBMITTED.thinking
    assert [(step.action, step.verify) for step in result.steps] == [("fix", False), ("check", True)]
    assert result.changes is not None
    assert bench.contents(result.changes.sha256) == {"main.py": b"right\n"}
    assert bench.reasoner.language == "python"
    assert bytes(bench.report.printed) == b"fixed\n"


async def test_a_sandbox_is_kept_for_as_long_as_a_goal_may_wait(bench: Bench, goal: TaskDocument) -> None:
    lasts: list[float] = []

    async def work(bench: Workbench) -> Ending:
        lasts.append(bench.lasts_s)
        await bench.run("fix", timeout_s=10, keep=100)
        lasts.append(bench.lasts_s)
        return SUBMITTED

    bench.reasoner, bench.goal_wait_s = Scripted(work), 5000.0
    limits = Limits(timeout_s=100.0)
    await bench.execute(replace(goal, limits=limits))
    assert 5100.0 > lasts[0] > lasts[1] > 5040.0
    await bench.execute(TaskDocument(commands=("fix",), source=goal.source, limits=limits))
    work_s, verify_s, command_s = [spec.ttl_s for spec in bench.sandbox.specs]
    assert work_s - command_s == 5000.0, "only what can wait is kept longer"
    assert verify_s == command_s > 100.0


async def test_a_claim_without_the_work_fails(bench: Bench, goal: TaskDocument) -> None:
    bench.reasoner = does()
    result = await bench.execute(goal)
    assert (result.reason, result.thinking) == ("verify_failed", SUBMITTED.thinking)


async def test_tests_that_were_changed_are_put_back_and_it_is_said(bench: Bench, goal: TaskDocument) -> None:
    bench.reasoner = does("cheat")
    result = await bench.execute(goal)
    assert result.reason == "verify_failed"
    assert result.restored == ("conftest.py", "test_main.py")
    assert "had been touched, and were put back: conftest.py, test_main.py" in result.detail


async def test_touched_tests_are_told_of_good_work_too(bench: Bench, goal: TaskDocument) -> None:
    bench.reasoner = does("cheat", "fix")
    result = await bench.execute(goal)
    assert (result.reason, result.exit_code) == ("exited", 0)
    assert result.restored == ("conftest.py", "test_main.py")


async def test_the_changes_of_good_work_are_those_that_were_verified(
    bench: Bench, goal: TaskDocument
) -> None:
    bench.reasoner = does("cheat", "fix")
    result = await bench.execute(goal)
    assert result.changes is not None
    assert bench.contents(result.changes.sha256) == {"main.py": b"right\n"}


async def test_tests_may_change_where_the_task_says_so(bench: Bench, goal: TaskDocument) -> None:
    bench.reasoner = does("cheat")
    allowed = TaskDocument(
        kind="goal",
        goal="g",
        verify=("check",),
        source=goal.source,
        allow_test_changes=True,
        protect=("conftest.py",),
    )
    result = await bench.execute(allowed)
    assert (result.reason, result.exit_code, result.restored) == ("exited", 0, ("conftest.py",))


async def test_work_that_ends_otherwise_is_not_verified_and_keeps_what_it_made(
    bench: Bench, goal: TaskDocument
) -> None:
    bench.reasoner = does("fix", ending=Ending("ended", Thinking(steps=9), "step_limit", "9 steps"))
    result = await bench.execute(goal)
    assert (result.reason, result.detail, result.exit_code) == ("step_limit", "9 steps", None)
    assert [step.verify for step in result.steps] == [False]
    assert result.changes is not None


async def test_without_a_reasoner_it_is_said(bench: Bench, goal: TaskDocument) -> None:
    result = await bench.execute(goal)
    assert result.reason == "model_unavailable"
    assert "chorus plugin list" in result.detail


async def test_without_a_model_no_sandbox_is_opened(bench: Bench, goal: TaskDocument) -> None:
    bench.reasoner = does("fix")
    bench.reasoner.unable = Ending("ended", Thinking(), "model_unavailable", "no model is here")
    result = await bench.execute(goal)
    assert (result.reason, result.detail) == ("model_unavailable", "no model is here")
    assert (bench.sandbox.specs, result.sandbox, result.thinking) == ([], None, Thinking())


async def test_a_sandbox_that_goes_away_ends_it(bench: Bench, goal: TaskDocument) -> None:
    async def vanish(files: Files) -> int:
        raise Unreachable("the engine is gone")

    bench.programs(vanish=vanish)
    bench.reasoner = does("vanish")
    assert (await bench.execute(goal)).reason == "sandbox_lost"


async def test_a_command_that_is_killed_by_a_limit_is_told_and_the_work_goes_on(
    bench: Bench, goal: TaskDocument
) -> None:
    async def hungry(files: Files) -> Exit:
        return Exit("oom", None, 0)

    seen = []

    async def work(bench: Workbench) -> Ending:
        seen.append((await bench.run("hungry", timeout_s=5, keep=10)).reason)
        await bench.run("fix", timeout_s=5, keep=10)
        return SUBMITTED

    bench.programs(hungry=hungry, fix=fix, check=check)
    bench.reasoner = Scripted(work)
    result = await bench.execute(goal)
    assert (seen, result.reason) == (["oom"], "exited")


async def test_commands_have_what_is_left_of_the_task_s_time(bench: Bench, goal: TaskDocument) -> None:
    left = []

    async def work(bench: Workbench) -> Ending:
        left.append(bench.left_s)
        await bench.run("fix", timeout_s=100, keep=10)
        return SUBMITTED

    bench.reasoner = Scripted(work)
    await bench.execute(replace(goal, limits=Limits(timeout_s=7)))
    assert left == [7.0]
    assert bench.sandbox.boxes[0].commands[0].timeout_s == pytest.approx(7.0)


@pytest.mark.parametrize("path", ["/etc/passwd", "../up", "a/../../up", "", "a\0b"])
async def test_a_path_outside_of_the_workspace_is_refused(
    bench: Bench, goal: TaskDocument, path: str
) -> None:
    async def work(bench: Workbench) -> Ending:
        with pytest.raises(UsageError):
            await bench.write(path, b"")
        with pytest.raises(UsageError):
            await bench.read(path, most=1)
        return SUBMITTED

    bench.reasoner = Scripted(work)
    await bench.execute(goal)
