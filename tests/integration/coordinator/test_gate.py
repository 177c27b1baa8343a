"""What an attempt asks a person: it waits, it is answered once, and no fault makes a yes of it."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from chorus_coordinator import clock
from chorus_coordinator.gate import MOST_INLINE, MOST_TEXT
from chorus_coordinator.questions import count_open
from chorus_coordinator.store import replay
from chorus_coordinator.sweep import TaskSweep
from chorus_coordinator.view import find
from chorus_hooks.coordinator import TaskPhase
from chorus_hooks.errors import Conflict, NotFound, UsageError
from chorus_hooks.gate import OpenQuestion, Question
from chorus_hooks.task import Task
from tests.integration.coordinator.node import Asker, Boots, Running, node, shell
from tests.integration.coordinator.test_recovery import DEAD, leave

LINE = "rm -rf build"


@pytest.fixture
def boots() -> Boots:
    return Boots()


async def asked(running: Running, count: int = 1) -> tuple[OpenQuestion, ...]:
    """What waits, as soon as so many do."""
    with trio.fail_after(10):
        while len(waiting := await running.gate.open()) < count:  # noqa: ASYNC110 - as a person would look
            await trio.sleep(0.01)
    return waiting


async def until(what: Callable[[], bool]) -> None:
    with trio.fail_after(10):
        while not what():  # noqa: ASYNC110 - what it looks at is the test's own
            await trio.sleep(0.01)


async def begin(running: Running, line: str = LINE, **fields: Any) -> tuple[Task, Question]:
    """A task that has come to its question."""
    task = await running.coordinator.submit(shell(line, **fields), attended=False)
    (question,) = [one.question for one in await asked(running)]
    assert question.task_id == task.id
    return task, question


async def facts(running: Running, type: str) -> list[dict[str, Any]]:
    """The journal's entries of one type."""
    rows = await running.journal.read(lambda db: db.query("SELECT body FROM entry ORDER BY seq"))
    entries = [json.loads(raw) for (raw,) in rows]
    return [entry for entry in entries if entry["type"] == type]


@asynccontextmanager
async def asking(
    state_dir: Path, boots: Boots, timeout_s: float = 60.0, **options: Any
) -> AsyncIterator[tuple[Running, Asker]]:
    asker = Asker(timeout_s)
    async with node(state_dir, boots, asker, serving=True, **options) as running:
        yield running, asker


async def test_a_task_that_asks_waits_with_its_attempt_and_its_slot(tmp_path: Path, boots: Boots) -> None:
    async with asking(tmp_path, boots, slots=1) as (running, asker):
        task, question = await begin(running)
        behind = await running.coordinator.submit(shell(), attended=False)
        stands = await running.coordinator.get(task.id)
        assert (stands.state, stands.waiting_for, stands.attempt) == ("waiting", "approval", 1)
        page = await running.coordinator.list(state="waiting")
        assert [(one.id, one.waiting_for) for one in page.tasks] == [
            (behind.id, "capacity"),
            (task.id, "approval"),
        ]
        assert (await running.coordinator.list(state="running")).tasks == ()
        counts = await running.coordinator.counts()
        assert {state: count for state, count in counts.items() if count} == {"waiting": 2}
        assert running.executor.started == [(task.id, 1)]
        told = await running.gate.answer(task.id[:8], question.digest[:8], approved=True, why="it is ours")
        assert told.question == question == Question(task.id, 1, "command", LINE)
        assert (await running.end(task.id)).state == "succeeded"
        (answer,) = asker.said
        assert (answer.approved, answer.by, answer.why) == (True, running.identity.peer_id, "it is ours")
        kinds = [change.kind async for change in running.coordinator.changes(wait=False)]
        assert kinds[:5] == ["submit", "assign", "ask", "submit", "answer"]
    told_tasks = [(one.state, one.waiting_for) for one in running.heard.tasks if one.id == task.id]
    assert told_tasks[2:4] == [("waiting", "approval"), ("running", None)]


async def test_a_no_is_a_no_and_both_are_facts(tmp_path: Path, boots: Boots) -> None:
    async with asking(tmp_path, boots) as (running, asker):
        task, question = await begin(running)
        await running.gate.answer(task.id, question.digest, approved=False, why="not on a Friday")
        result = (await running.end(task.id)).result
        assert result is not None
        assert result.reason == "denied"
        assert not asker.said[0].approved
        (ask,) = await facts(running, "approval.asked")
        (said,) = await facts(running, "approval.answered")
    named = {"task": task.id, "attempt": 1, "digest": question.digest}
    assert ask["data"].items() >= {**named, "subject": "command", "text": LINE}.items()
    assert said["data"] == {
        **named,
        "approved": False,
        "by": running.identity.peer_id,
        "why": "not on a Friday",
    }


async def test_another_process_answers_and_the_log_still_folds_to_the_view(
    tmp_path: Path, boots: Boots
) -> None:
    async with asking(tmp_path, boots) as (running, asker), node(tmp_path, boots) as other:
        task, question = await begin(running)
        assert [one.question for one in await other.gate.open()] == [question]
        seen = await other.coordinator.get(task.id)
        assert (seen.state, seen.waiting_for) == ("waiting", "approval")
        began = trio.current_time()
        await other.gate.answer(task.id, question.digest, approved=True)
        assert (await running.end(task.id)).state == "succeeded"
        assert trio.current_time() - began < 1.0, "a look each second is the backstop, not the way"
        folded = (await running.journal.read(replay))[task.id]
        assert await running.journal.read(lambda db: find(db, task.id)) == folded
    assert asker.said[0].approved


async def test_who_follows_is_told_how_to_answer(tmp_path: Path, boots: Boots) -> None:
    told: list[TaskPhase] = []

    async def follow(running: Running, task: Task) -> None:
        async with aclosing(running.coordinator.follow(task.id)) as events:
            async for event in events:
                if isinstance(event, TaskPhase):
                    told.append(event)

    async with asking(tmp_path, boots) as (running, _), node(tmp_path, boots) as other:
        task, question = await begin(running)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(follow, running, task)
            nursery.start_soon(follow, other, task)
            await until(lambda: len(told) == 2)
            await running.gate.answer(task.id, question.digest, approved=True)
    assert told == [TaskPhase("waiting", f"for a person: chorus approve {task.id[:12]}")] * 2


async def test_of_many_answers_exactly_one_counts(tmp_path: Path, boots: Boots) -> None:
    outcomes: list[bool | None] = []

    async def answer(running: Running, question: Question, approved: bool) -> None:
        try:
            await running.gate.answer(question.task_id, question.digest, approved=approved)
        except Conflict:
            outcomes.append(None)
        else:
            outcomes.append(approved)

    async with asking(tmp_path, boots) as (running, asker), node(tmp_path, boots) as other:
        task, question = await begin(running)
        async with trio.open_nursery() as nursery:
            for number in range(20):
                nursery.start_soon(answer, (running, other)[number % 2], question, number % 3 == 0)
        await running.end(task.id)
        assert len(await facts(running, "approval.answered")) == 1
    (counted,) = [outcome for outcome in outcomes if outcome is not None]
    assert len(outcomes) == 20
    assert asker.said[0].approved == counted


async def test_what_does_not_fit_is_refused_and_the_question_stays(tmp_path: Path, boots: Boots) -> None:
    async with asking(tmp_path, boots) as (running, _):
        task, question = await begin(running)
        with pytest.raises(Conflict, match="by now"):
            await running.gate.answer(task.id, "0" * 64, approved=True)
        for digest in ("", "abc", question.digest + "0", question.digest.upper(), "x" * 8):
            with pytest.raises(UsageError):
                await running.gate.answer(task.id, digest, approved=True)
        with pytest.raises(UsageError, match="characters"):
            await running.gate.answer(task.id, question.digest, approved=True, why="x" * 1001)
        with pytest.raises(NotFound):
            await running.gate.answer("0" * 32, question.digest, approved=True)
        assert len(await running.gate.open()) == 1
        await running.gate.answer(task.id, question.digest, approved=True)
        await running.end(task.id)
        with pytest.raises(Conflict, match="has its answer: yes"):
            await running.gate.answer(task.id, question.digest, approved=False)
        with pytest.raises(NotFound, match="asks nothing"):
            await running.gate.answer(task.id, "0" * 64, approved=False)


async def test_no_answer_in_time_is_a_no_by_nobody(tmp_path: Path, boots: Boots) -> None:
    async with asking(tmp_path, boots, timeout_s=0.2) as (running, asker):
        task = await running.coordinator.submit(shell(LINE), attended=False)
        assert (await running.end(task.id)).state == "failed"
        assert (asker.said[0].approved, asker.said[0].by) == (False, "nobody")
        assert await running.gate.open() == ()
        (said,) = await facts(running, "approval.answered")
        assert said["data"]["by"] == "nobody"


async def test_a_clock_that_jumps_ends_no_wait(
    tmp_path: Path, boots: Boots, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits goes by the steady clock."""
    ahead = timedelta()

    class Jumping(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Jumping":
            return cls.fromtimestamp((datetime.now(UTC) + ahead).timestamp(), UTC)

    monkeypatch.setattr(clock, "datetime", Jumping)
    async with asking(tmp_path, boots, timeout_s=30.0) as (running, asker):
        for jump in (timedelta(days=2), timedelta(days=-2)):
            task, question = await begin(running, f"jump {jump}")
            ahead = jump
            with trio.move_on_after(1.5):  # more than a look at it
                await running.end(task.id)
            assert [one.question for one in await running.gate.open()] == [question]
            await running.gate.answer(task.id, question.digest, approved=True)
            assert (await running.end(task.id)).state == "succeeded"
    assert [answer.approved for answer in asker.said] == [True, True]


async def test_a_cancel_reaches_a_task_that_waits_and_closes_its_question(
    tmp_path: Path, boots: Boots
) -> None:
    async with asking(tmp_path, boots) as (running, asker), node(tmp_path, boots) as other:
        for canceller in (running, other):
            task, question = await begin(running)
            assert (await canceller.coordinator.cancel(task.id)).state == "cancelled"
            assert await running.gate.open() == ()
            with pytest.raises(NotFound, match="asks nothing"):
                await other.gate.answer(task.id, question.digest, approved=True)
            assert (await running.end(task.id)).state == "cancelled"
        await until(lambda: not list((tmp_path / "output").iterdir()))
    assert asker.said == []


async def test_a_node_that_stops_while_it_asks_stops_at_once_and_its_next_attempt_asks_again(
    tmp_path: Path, boots: Boots
) -> None:
    async with asking(tmp_path, boots) as (running, _):
        task, question = await begin(running)
        stopping = trio.current_time()
    assert trio.current_time() - stopping < 1.0
    async with node(tmp_path, boots) as looking:
        stands = await looking.coordinator.get(task.id)
        assert (stands.state, stands.waiting_for) == ("waiting", "capacity")
        assert await looking.gate.open() == ()
        with pytest.raises(NotFound):
            await looking.gate.answer(task.id, question.digest, approved=True)
    async with asking(tmp_path, boots) as (running, asker):
        (again,) = await asked(running)
        assert (again.question.attempt, again.question.digest) == (2, question.digest)
        await running.gate.answer(task.id, question.digest, approved=True)
        assert (await running.end(task.id)).state == "succeeded"
    assert asker.said[0].approved


class Forgetful(Asker):
    """Is told, and stops before it has done anything with it."""

    async def __call__(self, work: Any, report: Any) -> Any:
        await super().__call__(work, report)
        await trio.sleep_forever()


@pytest.mark.parametrize("approved", [True, False])
async def test_an_answer_is_found_again_by_the_attempt_after(
    tmp_path: Path, boots: Boots, approved: bool
) -> None:
    forgetful = Forgetful()
    async with node(tmp_path, boots, forgetful, serving=True) as running:
        task, question = await begin(running)
        await running.gate.answer(task.id, question.digest, approved=approved, why="once")
        await until(lambda: bool(forgetful.said))
        assert (await running.coordinator.get(task.id)).state == "running"
    async with asking(tmp_path, boots) as (running, asker):
        assert (await running.end(task.id)).attempt == 2
        assert asker.said == forgetful.said
        assert len(await facts(running, "approval.asked")) == 1


async def test_that_nobody_answered_is_no_answer_for_the_attempt_after(tmp_path: Path, boots: Boots) -> None:
    forgetful = Forgetful(timeout_s=0.1)
    async with node(tmp_path, boots, forgetful, serving=True) as running:
        task = await running.coordinator.submit(shell(LINE), attended=False)
        await until(lambda: bool(forgetful.said))
    async with asking(tmp_path, boots) as (running, asker):
        (again,) = await asked(running)
        assert again.question.attempt == 2
        await running.gate.answer(task.id, again.question.digest, approved=True)
        await running.end(task.id)
    assert asker.said[0].approved


async def test_what_a_dead_process_asked_cannot_be_answered(tmp_path: Path, boots: Boots) -> None:
    boots.living.add(DEAD)
    async with node(tmp_path, boots) as looking:
        task = await leave(tmp_path, "k", attempt=1, waiter=None)
        question = Question(task, 1, "command", LINE)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lambda: looking.gate.ask(question, timeout_s=60))
            await asked(looking)
            boots.living.discard(DEAD)
            assert await looking.gate.open() == ()
            assert await looking.gate.waiting() == 0
            with pytest.raises(NotFound, match="asks nothing"):
                await looking.gate.answer(task, question.digest, approved=True)
            nursery.cancel_scope.cancel()


async def test_a_cancelled_ask_withdraws_its_question_and_may_ask_it_again(
    tmp_path: Path, boots: Boots
) -> None:
    boots.living.add(DEAD)
    async with node(tmp_path, boots) as running:
        task = await leave(tmp_path, "k", attempt=1, waiter=None)
        question = Question(task, 1, "plan", "1. look\n2. leap")
        for _ in range(2):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(lambda: running.gate.ask(question, timeout_s=60))
                await asked(running)
                with pytest.raises(Conflict, match="asks something else"):
                    await running.gate.ask(Question(task, 1, "plan", "other"), timeout_s=60)
                nursery.cancel_scope.cancel()
            assert await running.gate.open() == ()
        with pytest.raises(Conflict, match="not the current one"):
            await running.gate.ask(Question(task, 2, "plan", "other"), timeout_s=60)


async def test_a_long_question_is_kept_whole_beside_the_journal(tmp_path: Path, boots: Boots) -> None:
    line = "echo " + "ä" * MOST_INLINE
    async with asking(tmp_path, boots) as (running, _):
        task, question = await begin(running, line)
        assert question.text == line
        (ask,) = await facts(running, "approval.asked")
        assert "text" not in ask["data"]
        assert ask["ref"].startswith("sha256:")
        await running.gate.answer(task.id, question.digest, approved=True)
        await running.end(task.id)
        for text, why in (("x" * (MOST_TEXT + 1), "bytes"), ("\ud800", "no text")):
            with pytest.raises(UsageError, match=why):
                await running.gate.ask(Question(task.id, 1, "command", text), timeout_s=1)


async def test_a_question_that_cannot_be_read_hides_no_other_and_is_counted(
    tmp_path: Path, boots: Boots
) -> None:
    boots.living.add(DEAD)
    async with node(tmp_path, boots) as running:
        long, short = [await leave(tmp_path, key, attempt=1, waiter=None) for key in ("long", "short")]
        async with trio.open_nursery() as nursery:
            for task, line in ((long, "x" * (MOST_INLINE + 1)), (short, LINE)):
                question = Question(task, 1, "command", line)
                nursery.start_soon(partial(running.gate.ask, question, timeout_s=60))
            with trio.fail_after(10):
                while await running.gate.waiting() < 2:  # noqa: ASYNC110 - as `until`
                    await trio.sleep(0.01)
            (ask,) = [one for one in await facts(running, "approval.asked") if "text" not in one["data"]]
            (blob,) = (tmp_path / "blobs").rglob(ask["ref"].removeprefix("sha256:") + "*")
            blob.unlink()
            assert [one.question.task_id for one in await running.gate.open()] == [short]
            assert await running.gate.waiting() == 2
            nursery.cancel_scope.cancel()


async def test_a_question_that_was_answered_is_not_asked_again(tmp_path: Path, boots: Boots) -> None:
    boots.living.add(DEAD)
    async with node(tmp_path, boots) as running:
        task = await leave(tmp_path, "k", attempt=1, waiter=None)
        answers = [
            await running.gate.ask(Question(task, 1, "command", line), timeout_s=0.1)
            for line in ("one", "two", "one", "one")
        ]
        assert answers[0] == answers[2] == answers[3]
        assert [fact["data"]["by"] for fact in await facts(running, "approval.answered")] == ["nobody"] * 2


async def test_what_looks_like_a_secret_is_not_kept_for_ever(tmp_path: Path, boots: Boots) -> None:
    async with asking(tmp_path, boots) as (running, asker):
        task, question = await begin(running, "login --with TOKEN")
        assert question.text == "login --with TOKEN"
        await running.gate.answer(task.id, question.digest, approved=True, why="the TOKEN is old")
        await running.end(task.id)
        assert asker.said[0].why == "the [REDACTED name] is old"
        told = [
            fact["data"]
            for type in ("asked", "answered")
            for fact in await facts(running, f"approval.{type}")
        ]
        assert "TOKEN" not in json.dumps(told)


async def test_a_forgotten_task_leaves_no_question(tmp_path: Path, boots: Boots) -> None:
    async with asking(tmp_path, boots) as (running, _):
        task, question = await begin(running, "x" * (MOST_INLINE + 1))
        assert await running.journal.read(count_open) == 1
        await running.gate.answer(task.id, question.digest, approved=True)
        await running.end(task.id)
        assert await running.journal.read(count_open) == 0
        await TaskSweep(running.journal, running.identity, lambda: -60.0).remove()
        left = await running.journal.read(
            lambda db: db.query("SELECT task FROM coordinator_question UNION SELECT owner FROM hold")
        )
        assert left == []
        assert await running.journal.read(replay) == {}
