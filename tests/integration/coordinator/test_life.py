"""A task's way through the coordinator, on the real journal and the real blob store."""

from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest
import trio

from chorus_coordinator.made import MOST_INLINE
from chorus_coordinator.store import replay
from chorus_coordinator.view import find
from chorus_hooks.coordinator import TaskOutput, TaskPhase
from chorus_hooks.errors import ChorusError, Conflict, NotFound, Refused, UsageError
from chorus_hooks.executor import Assignment, Report
from chorus_hooks.output import STDERR, STDOUT
from chorus_hooks.task import Artifact, Limits, Result, Source, Task
from tests.integration.coordinator.node import Boots, Running, node, shell


@pytest.fixture
def boots() -> Boots:
    return Boots()


async def facts(running: Running) -> list[dict[str, object]]:
    rows = await running.journal.read(lambda db: db.query("SELECT body FROM entry ORDER BY seq"))
    return [msgspec.json.decode(body) for (body,) in rows]


def holds(folder: Path, secret: bytes) -> bool:
    return any(secret in path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def forever(work: Assignment, report: Report) -> Result:
    await report.output(STDOUT, b"begun\n")
    await trio.sleep_forever()
    raise AssertionError


async def until_printed(running: Running, task_id: str) -> None:
    """Wait until an attempt has printed something."""
    with trio.fail_after(10):
        async with aclosing(running.coordinator.follow(task_id)) as events:
            async for event in events:
                if isinstance(event, TaskOutput):
                    return


async def until_tidy(state_dir: Path) -> None:
    """Wait until no output file is left: what was printed is a blob by then."""
    with trio.fail_after(10):
        while list((state_dir / "output").iterdir()):  # noqa: ASYNC110 - the file system tells nobody
            await trio.sleep(0.01)


async def test_a_task_is_submitted_run_and_committed(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as running:
        receipt = await running.coordinator.submit(shell())
        assert (receipt.state, receipt.attempt) == ("assigned", 1)
        ended = await running.end(receipt.id)
    assert ended.state == "succeeded"
    assert ended.result is not None
    assert ended.result.worker == running.identity.peer_id
    assert [task.state for task in running.heard.tasks] == ["waiting", "assigned", "succeeded"]


async def test_who_follows_hears_of_an_attempt_without_waiting_for_the_next_poll(
    tmp_path: Path, boots: Boots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chorus_coordinator.follow.POLL_S", 3600)
    async with node(tmp_path, boots) as running:
        with trio.fail_after(10):
            await running.end((await running.coordinator.submit(shell())).id)


async def test_the_journal_tells_the_facts_and_what_was_applied(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as running:
        await running.end((await running.coordinator.submit(shell())).id)
        told = await facts(running)
    asked = told[1]["data"]
    assert isinstance(asked, dict)
    assert asked["document"]["commands"] == ["true"]
    types = [fact["type"] for fact in told]
    assert types == [
        "lineage.founded",
        "task.submit_asked",
        "control.applied",
        "attempt.started",
        "result.made",
        "control.applied",
    ]
    applied = [fact["data"] for fact in told if fact["type"] == "control.applied"]
    assert [(a["first"], a["last"]) for a in applied] == [(1, 2), (3, 3)]  # type: ignore[index]


async def test_the_view_is_the_fold_over_the_control_log(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as running:
        for line in ("true", "false"):
            await running.end((await running.coordinator.submit(shell(line))).id)
        folded = await running.journal.read(replay)
        for task, record in folded.items():
            assert await running.journal.read(lambda db, task=task: find(db, task)) == record  # type: ignore[misc]
    assert len(folded) == 2


async def test_following_gives_phases_output_and_the_end(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as running:
        receipt = await running.coordinator.submit(shell())
        events = [event async for event in running.coordinator.follow(receipt.id)]
    assert [event for event in events if isinstance(event, TaskPhase)] == [TaskPhase("running", "1 command")]
    assert [event.data for event in events if isinstance(event, TaskOutput)] == [b"hello\n"]
    assert isinstance(events[-1], Task)


async def test_phases_and_output_come_in_the_order_in_which_they_happened(
    tmp_path: Path, boots: Boots
) -> None:
    async def speak(work: Assignment, report: Report) -> Result:
        await report.output(STDOUT, b"1")
        await report.phase("collecting", "2")
        await report.output(STDOUT, b"3")
        await report.phase("verifying", "4")
        return Result(reason="exited", exit_code=0)

    async with node(tmp_path, boots, speak) as running:
        receipt = await running.coordinator.submit(shell())
        with trio.fail_after(10):
            while not running.executor.started or running.heard.tasks[-1].state != "succeeded":  # noqa: ASYNC110
                await trio.sleep(0.01)
        events = [event async for event in running.coordinator.follow(receipt.id)]
    told = [event.data.decode() if isinstance(event, TaskOutput) else event.text for event in events[:-1]]  # type: ignore[union-attr]
    assert told == ["1", "2", "3", "4"]


async def test_output_resumes_at_any_byte(tmp_path: Path, boots: Boots) -> None:
    async def speak(work: Assignment, report: Report) -> Result:
        for number in range(20):
            await report.output(STDERR if number % 3 else STDOUT, b"%d\n" % number)
        await report.output(STDOUT, b"x" * 200_000)
        return Result(reason="exited", exit_code=0)

    async with node(tmp_path, boots, speak) as running:
        task = await running.end((await running.coordinator.submit(shell())).id)
        whole = b"".join(b"%d\n" % n for n in range(20)) + b"x" * 200_000
        assert await running.printed(task.id) == whole
        for offset in (*range(60), 100_001, len(whole) - 1):
            assert await running.printed(task.id, offset) == whole[offset:]
        for offset in (len(whole), len(whole) + 1, 1 << 60):
            assert await running.printed(task.id, offset) == b""
        assert await running.printed(task.id, 5, attempt=2) == whole, "that was of another attempt"
        with pytest.raises(UsageError, match="before the beginning"):
            await running.printed(task.id, -1)


async def test_the_same_key_gives_the_first_receipt(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as running:
        first = await running.coordinator.submit(shell(idempotency_key="k"))
        await running.end(first.id)
        again = await running.coordinator.submit(shell(idempotency_key="k"))
        assert again.id == first.id
        assert again.state == "succeeded"
        with pytest.raises(Conflict, match="another task document"):
            await running.coordinator.submit(shell("false", idempotency_key="k"))
        other = await running.coordinator.submit(shell(idempotency_key="k", project="p"))
        assert other.id != first.id
        await running.end(other.id)
    assert len(running.executor.started) == 2


async def test_a_secret_in_the_environment_is_refused_and_not_journaled(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as running:
        with pytest.raises(Refused, match=r"API_TOKEN \(hu\*\*\*") as refused:
            await running.coordinator.submit(shell(env={"API_TOKEN": "hunter2"}))
        assert "hunter2" not in str(refused.value)
        assert (await running.coordinator.list()).tasks == ()
    assert not holds(tmp_path, b"hunter2")


async def test_a_bad_document_and_a_missing_source_leave_nothing(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as running:
        with pytest.raises(UsageError, match="cpus"):
            await running.coordinator.submit(shell(limits=Limits(cpus=0)))
        with pytest.raises(NotFound, match="abababababab"):
            await running.coordinator.submit(shell(source=Source(sha256="ab" * 32)))
        assert (await running.coordinator.list()).tasks == ()


async def test_tasks_beyond_the_slots_wait_and_then_run(tmp_path: Path, boots: Boots) -> None:
    gate = trio.Event()

    async def gated(work: Assignment, report: Report) -> Result:
        await gate.wait()
        return Result(reason="exited", exit_code=0)

    async with node(tmp_path, boots, gated, slots=1) as running:
        receipts = [await running.coordinator.submit(shell(str(n))) for n in range(3)]
        assert [(r.state, r.waiting_for) for r in receipts] == [
            ("assigned", None),
            ("waiting", "capacity"),
            ("waiting", "capacity"),
        ]
        gate.set()
        for receipt in receipts:
            assert (await running.end(receipt.id)).state == "succeeded"
    assert [task for task, _ in running.executor.started] == [receipt.id for receipt in receipts]


async def test_a_cancelled_task_ends_at_once_and_keeps_what_it_printed(
    tmp_path: Path, boots: Boots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chorus_coordinator.worker.POLL_S", 60.0)  # nobody needs to look at the view
    async with node(tmp_path, boots, forever) as running:
        task = await running.coordinator.submit(shell())
        await until_printed(running, task.id)
        cancelled = await running.coordinator.cancel(task.id)
        assert (cancelled.state, cancelled.result and cancelled.result.reason) == ("cancelled", "cancelled")
        assert await running.end(task.id) == cancelled
        await until_tidy(tmp_path)
        assert await running.printed(task.id) == b"begun\n"


async def test_a_waiting_task_is_cancelled_before_it_begins(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots, forever, slots=1) as running:
        await running.coordinator.submit(shell("1"))
        waiting = await running.coordinator.submit(shell("2"))
        assert (await running.coordinator.cancel(waiting.id)).state == "cancelled"
        assert (await running.coordinator.cancel(waiting.id)).state == "cancelled"


async def test_another_process_cancels_and_follows(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots, forever) as one, node(tmp_path, boots) as other:
        task = await one.coordinator.submit(shell())
        await until_printed(other, task.id)
        assert (await other.coordinator.get(task.id)).state == "running"
        await other.coordinator.cancel(task.id)
        assert (await other.end(task.id)).state == "cancelled"
        await until_tidy(tmp_path)
        assert await other.printed(task.id) == b"begun\n"


async def test_a_node_that_stops_cancels_what_it_runs_and_what_waits(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots, forever, slots=1) as running:
        first = await running.coordinator.submit(shell("1"))
        second = await running.coordinator.submit(shell("2"))
        await until_printed(running, first.id)
    async with node(tmp_path, boots) as running:
        for receipt, printed in ((first, b"begun\n"), (second, b"")):
            task = await running.coordinator.get(receipt.id)
            assert task.state == "cancelled"
            assert await running.printed(task.id) == printed


async def test_an_executor_that_fails_ends_the_task_and_not_the_node(tmp_path: Path, boots: Boots) -> None:
    async def fail(work: Assignment, report: Report) -> Result:
        if work.document.commands == ("bug",):
            raise KeyError("lost")
        raise ChorusError("the disk is full", hint="free some")

    async with node(tmp_path, boots, fail) as running:
        bug = await running.end((await running.coordinator.submit(shell("bug"))).id)
        full = await running.end((await running.coordinator.submit(shell("full"))).id)
    assert bug.result is not None
    assert full.result is not None
    assert (bug.state, bug.result.reason) == ("failed", "interrupted")
    assert "KeyError" in bug.result.detail
    assert full.result.detail == "the disk is full; free some"


async def test_output_beyond_twice_the_limit_is_not_kept(tmp_path: Path, boots: Boots) -> None:
    async def flood(work: Assignment, report: Report) -> Result:
        for _ in range(10):
            await report.output(STDOUT, b"x" * 1000)
        return Result(reason="exited", exit_code=0)

    async with node(tmp_path, boots, flood) as running:
        document = shell(limits=Limits(output="1000"))
        task = await running.end((await running.coordinator.submit(document)).id)
        printed = await running.printed(task.id)
    assert printed.startswith(b"x" * 2000)
    assert printed.endswith(b"\nchorus: what follows is more than is kept\n")
    assert len(printed) < 2100


async def test_a_result_too_large_for_an_entry_is_kept_as_a_blob(tmp_path: Path, boots: Boots) -> None:
    async def many(work: Assignment, report: Report) -> Result:
        artifacts = tuple(
            Artifact(path=f"{n:0200d}", size=0, sha256="ab" * 32) for n in range(MOST_INLINE // 256)
        )
        return Result(reason="exited", exit_code=0, artifacts=artifacts)

    async with node(tmp_path, boots, many) as running:
        task = await running.end((await running.coordinator.submit(shell())).id)
        (made,) = [fact for fact in await facts(running) if fact["type"] == "result.made"]
        with running.blobs.open(str(made["ref"]).removeprefix("sha256:")) as blob:
            kept = msgspec.json.decode(blob.read(), type=Result)
    assert kept == task.result


async def test_a_prefix_finds_one_task(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as running:
        tasks = [await running.coordinator.submit(shell(str(n))) for n in range(17)]
        assert (await running.coordinator.get(tasks[0].id[:12])).id == tasks[0].id
        shared = next(p for p in "0123456789abcdef" if sum(t.id.startswith(p) for t in tasks) > 1)
        with pytest.raises(UsageError, match="several tasks begin with"):
            await running.coordinator.get(shared)
        for unknown in ("zz", "", "%", "0" * 32):
            with pytest.raises(NotFound):
                await running.coordinator.get(unknown)


async def test_pages_go_from_the_newest_to_the_oldest(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as running:
        tasks = [await running.coordinator.submit(shell(str(n), project=f"p{n % 2}")) for n in range(5)]
        for task in tasks:
            await running.end(task.id)
        seen, cursor = [], ""
        while True:
            page = await running.coordinator.list(limit=2, cursor=cursor)
            seen += [task.id for task in page.tasks]
            if page.cursor is None:
                break
            cursor = page.cursor
        assert seen == [task.id for task in reversed(tasks)]
        assert len((await running.coordinator.list(project="p1")).tasks) == 2
        assert len((await running.coordinator.list(state="succeeded")).tasks) == 5
        assert (await running.coordinator.list(state="running")).tasks == ()
        for wrong in ({"state": "done"}, {"limit": 0}, {"cursor": "x"}):
            with pytest.raises(UsageError):
                await running.coordinator.list(**wrong)


async def test_blobs_are_held_for_the_task(tmp_path: Path, boots: Boots) -> None:
    async with node(tmp_path, boots) as running:
        with running.blobs.create() as writer:
            writer.write(b"source")
            source = writer.commit()
        document = shell(source=Source(sha256=source.sha256))
        task = await running.end((await running.coordinator.submit(document)).id)
        await trio.to_thread.run_sync(lambda: running.blobs.prune(grace_s=0))
        assert running.blobs.find(source.sha256)
        assert task.result is not None
        assert task.result.output is not None
        assert running.blobs.find(task.result.output.sha256)


async def test_a_full_store_does_not_keep_a_task_from_ending(tmp_path: Path, boots: Boots) -> None:
    async def speak(work: Assignment, report: Report) -> Result:
        await report.output(STDOUT, b"x" * 5000)
        return Result(reason="exited", exit_code=0)

    async with node(tmp_path, boots, speak, quota=1000) as running:
        task = await running.end((await running.coordinator.submit(shell())).id)
        assert task.state == "succeeded"
        assert task.result is not None
        assert task.result.output is None
        assert "its output was not kept: " in task.result.detail
        assert await running.printed(task.id) == b""


async def test_a_service_that_fails_says_why(tmp_path: Path, boots: Boots) -> None:
    with pytest.raises(Exception, match="no such table") as failed:
        async with node(tmp_path, boots, forever) as running:
            await running.journal.write(lambda tx: tx.execute("DROP TABLE coordinator_attempt"))
            await running.coordinator.submit(shell())
            await trio.sleep_forever()
    assert not isinstance(failed.value, ExceptionGroup)
