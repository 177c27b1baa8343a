"""The sandbox is gone for a while, the disk is full for a while, something is broken: tasks come through."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
import trio

from chorus_hooks.errors import Refused
from chorus_hooks.executor import Assignment, Report
from chorus_hooks.journal import Checkpoint, Journal, Reader, Transaction
from chorus_hooks.log_context import bound
from chorus_hooks.task import Result, Task
from chorus_journal.journal import SqliteJournal
from tests.integration.coordinator.node import Boots, PlayedExecutor, Running, node, shell

T = TypeVar("T")


@pytest.fixture
def boots() -> Boots:
    return Boots()


class Engine:
    """A sandbox that comes and goes."""

    def __init__(self) -> None:
        self.executor: PlayedExecutor | None = None

    async def __call__(self, work: Assignment, report: Report) -> Result:
        assert self.executor is not None
        if self.executor.gone or work.document.requires == ("sandbox:nosuch",):
            return Result(reason="sandbox_unavailable", detail="no engine")
        return Result(reason="exited", exit_code=0)


async def until(holds: Callable[[], bool]) -> None:
    with trio.fail_after(10):
        while not holds():  # noqa: ASYNC110 - what is looked at is the test's own
            await trio.sleep(0.01)


async def submit(running: Running, **fields: object) -> Task:
    return await running.coordinator.submit(shell(**fields), attended=False)  # type: ignore[arg-type]


async def test_plain_tasks_wait_for_the_sandbox_and_begin_by_themselves(
    tmp_path: Path, boots: Boots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chorus_coordinator.capacity.FIRST_PAUSE_S", 0.05)
    engine = Engine()
    async with node(tmp_path, boots, engine, serving=True) as running:
        engine.executor = running.executor
        running.executor.gone = "the engine does not answer"
        tasks = [await submit(running, title=str(n)) for n in range(6)]
        await until(lambda: len(running.executor.started) >= 2)
        special = await running.end((await submit(running, requires=("sandbox:nosuch",))).id)
        assert special.result is not None
        assert (special.state, special.result.reason) == ("failed", "sandbox_unavailable")
        attended = await running.end((await running.coordinator.submit(shell())).id)
        assert attended.result is not None
        assert attended.result.reason == "sandbox_unavailable", "who waits for it is told at once"
        counts = await running.coordinator.counts()
        assert (counts["waiting"], counts["failed"]) == (6, 2)
        assert {(await running.coordinator.get(task.id)).waiting_for for task in tasks} == {"capacity"}
        assert len(running.executor.started) <= 4, "at most one attempt a slot finds out"
        running.executor.gone = ""
        ends = [await running.end(task.id) for task in tasks]
    assert {task.state for task in ends} == {"succeeded"}


async def test_a_task_fails_that_alone_has_no_sandbox(tmp_path: Path, boots: Boots) -> None:
    async def unavailable(work: Assignment, report: Report) -> Result:
        return Result(reason="sandbox_unavailable", detail="no image for cobol")

    async with node(tmp_path, boots, unavailable, serving=True) as running:
        ended = await running.end((await submit(running, language="cobol")).id)
    assert (ended.state, ended.attempt) == ("failed", 1)


class FullDisk:
    """A journal that refuses to write while it is full."""

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal
        self.full = False
        self.refused = 0

    @property
    def database(self) -> Path:
        return self._journal.database

    async def write(self, job: Callable[[Transaction], T]) -> T:
        if self.full:
            self.refused += 1
            raise Refused("the disk is full", hint="free some")
        return await self._journal.write(job)

    async def read(self, job: Callable[[Reader], T]) -> T:
        return await self._journal.read(job)

    async def migrate(self, owner: str, steps: Sequence[str]) -> None:
        await self._journal.migrate(owner, steps)

    async def checkpoint(self) -> Checkpoint:
        return await self._journal.checkpoint()

    async def grown(self, size: int) -> Checkpoint:
        return await self._journal.grown(size)


@pytest.fixture
def disks() -> list[FullDisk]:
    return []


@pytest.fixture
def wrap(disks: list[FullDisk], monkeypatch: pytest.MonkeyPatch) -> Callable[[SqliteJournal], Journal]:
    """Put a disk under the journal that can be full; waiting for it is short."""
    monkeypatch.setattr("chorus_coordinator.attempt.FIRST_PAUSE_S", 0.02)

    def put(journal: SqliteJournal) -> Journal:
        disks.append(FullDisk(journal))
        return disks[-1]

    return put


async def test_an_end_is_committed_as_soon_as_the_disk_takes_it(
    tmp_path: Path, boots: Boots, disks: list[FullDisk], wrap: Callable[[SqliteJournal], Journal]
) -> None:
    gate = trio.Event()

    async def gated(work: Assignment, report: Report) -> Result:
        await gate.wait()
        disks[0].full = True
        return Result(reason="exited", exit_code=7)

    async with node(tmp_path, boots, gated, serving=True, wrap=wrap) as running:
        task = await submit(running)
        await until(lambda: bool(running.executor.started))
        gate.set()
        await until(lambda: disks[0].refused >= 3)
        with pytest.raises(Refused, match="the disk is full"):
            await submit(running)
        assert (await running.coordinator.get(task.id)).state == "running"
        disks[0].full = False
        ended = await running.end(task.id)
        assert ended.result is not None
        assert (ended.state, ended.attempt, ended.result.exit_code) == ("failed", 1, 7)
        assert running.executor.started == [(task.id, 1)]


async def test_a_node_that_stops_on_a_full_disk_leaves_the_rest_to_the_next(
    tmp_path: Path, boots: Boots, disks: list[FullDisk], wrap: Callable[[SqliteJournal], Journal]
) -> None:
    async def forever(work: Assignment, report: Report) -> Result:
        await trio.sleep_forever()
        raise AssertionError

    async with node(tmp_path, boots, forever, serving=True, wrap=wrap) as running:
        task = await submit(running)
        await until(lambda: bool(running.executor.started))
        disks[0].full = True
        began = trio.current_time()
    assert trio.current_time() - began < 1.0
    async with node(tmp_path, boots, serving=True) as running:
        assert (await running.end(task.id)).attempt == 2


async def test_a_task_that_cannot_be_begun_is_begun_later(
    tmp_path: Path, boots: Boots, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "output").mkdir()
    async with node(tmp_path, boots, serving=True) as running:
        (tmp_path / "output").rename(tmp_path / "away")
        task = await submit(running)
        await until(lambda: "tasks cannot be begun right now" in caplog.text)
        (tmp_path / "away").rename(tmp_path / "output")
        assert (await running.end(task.id)).state == "succeeded"


async def test_a_bug_in_one_attempt_harms_no_other(
    tmp_path: Path, boots: Boots, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import chorus_coordinator.attempt as module
    from chorus_coordinator.made import made_fact

    def broken(blobs: object, task: str, result: Result) -> object:
        if result.exit_code == 3:
            raise KeyError("a bug")
        return made_fact(blobs, task, result)  # type: ignore[arg-type]

    async def play(work: Assignment, report: Report) -> Result:
        return Result(reason="exited", exit_code=3 if work.document.title == "odd" else 0)

    monkeypatch.setattr(module, "made_fact", broken)
    async with node(tmp_path, boots, play, serving=True) as running:
        odd = await submit(running, title="odd")
        assert (await running.end((await submit(running)).id)).state == "succeeded"
        ended = await running.end(odd.id)
    assert ended.result is not None
    assert (ended.state, ended.result.reason) == ("failed", "interrupted")
    assert "a bug in CHORUS" in ended.result.detail
    assert "KeyError" in caplog.text


async def test_an_attempt_that_cannot_even_fail_is_left_to_the_next_start(
    tmp_path: Path, boots: Boots, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> object:
        raise KeyError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr("chorus_coordinator.attempt.made_fact", broken)
        async with node(tmp_path, boots, slots=2, serving=True) as running:
            task = await submit(running)
            await until(lambda: bool(running.executor.started))
            await running.coordinator.cancel((await submit(running)).id)
            assert running.executor.started.count((task.id, 1)) == 1
    async with node(tmp_path, boots, serving=True) as running:
        assert (await running.end(task.id)).attempt == 2


async def test_log_lines_of_an_attempt_name_its_task_and_its_trace(tmp_path: Path, boots: Boots) -> None:
    seen: list[dict[str, str]] = []

    async def look(work: Assignment, report: Report) -> Result:
        seen.append(dict(bound()))
        return Result(reason="exited", exit_code=0)

    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    async with node(tmp_path, boots, look, serving=True) as running:
        submit = running.coordinator.submit
        traced = await submit(shell(), attended=False, traceparent=f"00-{trace}-00f067aa0ba902b7-01")
        ended = await running.end(traced.id)
        assert ended.traceparent == f"00-{trace}-00f067aa0ba902b7-01"
        plain = await submit(shell(), attended=False, traceparent="nonsense")
        assert (await running.end(plain.id)).traceparent is None
    assert seen == [{"task": traced.id, "trace_id": trace}, {"task": plain.id}]
    assert dict(bound()) == {}
