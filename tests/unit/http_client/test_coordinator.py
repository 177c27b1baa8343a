"""The coordinator at a node: safe to ask again, patient with a restart, and gone with its client."""

import json
from contextlib import aclosing
from io import BytesIO
from typing import Any

import msgspec
import pytest
import trio

from chorus_hooks.coordinator import Change, TaskEvent, TaskOutput, TaskPhase
from chorus_hooks.errors import ChorusError, Unreachable, UsageError
from chorus_hooks.task import Task
from chorus_hooks.task_json import task_json
from chorus_http.client.coordinator import RemoteCoordinator
from tests.unit.http_client.answers import (
    DOCUMENT,
    ENDED,
    TASK,
    cancelled,
    gone,
    output,
    receipt,
    says,
    sse,
    streams,
    task,
)
from tests.unit.http_client.scripted import Exchange, node


async def follow(coordinator: RemoteCoordinator, **options: Any) -> list[TaskEvent]:
    async with aclosing(coordinator.follow(TASK, **options)) as events:
        return [event async for event in events]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chorus_http.client.connection.PAUSES_S", (0.0, 0.0, 0.0))
    monkeypatch.setattr("chorus_http.client.patience.FIRST_S", 0.0)


async def test_a_submission_whose_answer_is_lost_is_repeated_under_the_same_key() -> None:
    async with node(gone, receipt) as (scripted, connection):
        submitted = await RemoteCoordinator(connection).submit(DOCUMENT, attended=False)
    keys = [json.loads(seen.body)["idempotency_key"] for seen in scripted.seen]
    assert len(keys) == 2
    assert keys[0] == keys[1] == submitted.document.idempotency_key
    assert (submitted.id, submitted.state, submitted.document.title) == (TASK, "waiting", "build")


async def test_a_submission_says_only_what_is_not_usual_so_that_an_older_node_takes_it() -> None:
    async with node(receipt) as (scripted, connection):
        keyed = msgspec.structs.replace(DOCUMENT, idempotency_key="k")
        await RemoteCoordinator(connection).submit(
            keyed, traceparent="00-" + "1" * 32 + "-" + "2" * 16 + "-01"
        )
    (seen,) = scripted.seen
    assert json.loads(seen.body) == {"commands": ["make"], "title": "build", "idempotency_key": "k"}
    assert seen.headers["traceparent"].startswith("00-111")


async def test_stdin_stays_here() -> None:
    async with node(receipt) as (scripted, connection):
        with pytest.raises(UsageError, match="stdin"):
            await RemoteCoordinator(connection).submit(DOCUMENT, stdin=BytesIO())
    assert scripted.seen == []


async def test_what_a_newer_node_adds_is_ignored() -> None:
    async def newer(exchange: Exchange) -> None:
        await exchange.json({"tasks": [{**task_json(task()), "mood": "fine"}], "cursor": None, "total": 1})

    async with node(newer) as (_, connection):
        page = await RemoteCoordinator(connection).list(state="waiting")
    assert page.tasks == (task(),)


async def test_a_state_that_we_do_not_know_is_told_as_our_age() -> None:
    async def newer(exchange: Exchange) -> None:
        await exchange.json({**task_json(task()), "state": "dreaming"})

    async with node(newer) as (_, connection):
        with pytest.raises(ChorusError, match=r"not understood.*dreaming") as told:
            await RemoteCoordinator(connection).get("a")
    assert "older" in told.value.hint


async def test_following_tells_output_phases_and_the_end() -> None:
    phase = sse("phase", {"phase": "running", "text": "1 command"})
    unknown = sse("mood", {"fine": True})
    script = streams(
        b": hello\n\n", phase, unknown, output(b"\xffout", 4), output(b"err", 7, stream="stderr"), ENDED
    )
    async with node(script) as (scripted, connection):
        *events, last = await follow(RemoteCoordinator(connection), wait=False)
    assert events == [
        TaskPhase("running", "1 command"),
        TaskOutput(1, b"\xffout", 4),
        TaskOutput(2, b"err", 7),
    ]
    assert isinstance(last, Task)
    assert scripted.seen[0].target == f"/api/v1/tasks/{TASK}/logs?follow=false"
    assert scripted.seen[0].headers["last-event-id"] == "1:0"


async def test_a_cut_stream_goes_on_at_its_byte_with_nothing_twice() -> None:
    half = output(b"never told", 99)[:-1]
    scripts = (
        streams(output(b"one", 3), output(b"two", 6), half, cut=True),
        gone,
        streams(output(b"three", 11), ENDED),
    )
    async with node(*scripts) as (scripted, connection):
        *events, last = await follow(RemoteCoordinator(connection))
    assert b"".join(event.data for event in events if isinstance(event, TaskOutput)) == b"onetwothree"
    assert isinstance(last, Task)
    assert [seen.headers["last-event-id"] for seen in scripted.seen] == ["1:0", "1:6", "1:6"]


async def test_a_second_attempt_is_resumed_as_the_second() -> None:
    scripts = (streams(output(b"one", 3), output(b"again", 5, attempt=2)), streams(ENDED))
    async with node(*scripts) as (scripted, connection):
        events = await follow(RemoteCoordinator(connection), offset=2)
    assert events[1] == TaskOutput(1, b"again", 5, attempt=2)
    assert [seen.headers["last-event-id"] for seen in scripted.seen] == ["1:2", "2:5"]


async def test_a_node_that_stays_away_is_told_with_how_to_go_on() -> None:
    async with node(streams(output(b"one", 3), cut=True), gone) as (scripted, connection):
        with pytest.raises(Unreachable) as told, trio.fail_after(20):
            await follow(RemoteCoordinator(connection))
    assert f"chorus task logs -f {TASK}" in told.value.hint
    assert len(scripted.seen) > 5


async def test_a_node_that_never_answers_is_told_at_once() -> None:
    async with node(gone) as (scripted, connection):
        with pytest.raises(Unreachable) as told:
            await follow(RemoteCoordinator(connection))
    assert "task logs" not in told.value.hint
    assert len(scripted.seen) == 1


async def test_an_attended_task_ends_with_us() -> None:
    async with node(receipt, cancelled) as (scripted, connection):
        coordinator = RemoteCoordinator(connection)
        await coordinator.submit(DOCUMENT)
        with trio.CancelScope() as interrupted:
            interrupted.cancel()
            await coordinator.end()
    assert [(seen.method, seen.target) for seen in scripted.seen][1:] == [
        ("POST", f"/api/v1/tasks/{TASK}/cancel")
    ]


async def test_what_is_said_is_sent_once_and_a_pause_again() -> None:
    paused = says(task("waiting", waiting_for="paused", waiting_why="a person said so"))
    async with node(gone, paused, paused, gone, paused) as (scripted, connection):
        coordinator = RemoteCoordinator(connection)
        told = await coordinator.pause(TASK)
        assert (told.waiting_for, told.waiting_why) == ("paused", "a person said so")
        await coordinator.resume(TASK)
        with pytest.raises(Unreachable):
            await coordinator.steer(TASK, "mind the \udcfftests")
        await coordinator.steer(TASK, "mind the docs")
    acts = ["pause", "pause", "resume", "steer", "steer"]
    assert [(seen.method, seen.target) for seen in scripted.seen] == [
        ("POST", f"/api/v1/tasks/{TASK}/{act}") for act in acts
    ]
    assert [json.loads(seen.body)["text"] for seen in scripted.seen[3:]] == [
        "mind the ?tests",
        "mind the docs",
    ]


async def test_an_attended_task_that_we_saw_end_is_left_alone() -> None:
    async with node(receipt, streams(ENDED), cancelled) as (scripted, connection):
        coordinator = RemoteCoordinator(connection)
        await coordinator.submit(DOCUMENT)
        await follow(coordinator)
        await coordinator.end()
    assert len(scripted.seen) == 2


async def test_a_task_for_the_node_outlives_us() -> None:
    async with node(receipt, cancelled) as (scripted, connection):
        coordinator = RemoteCoordinator(connection)
        await coordinator.submit(DOCUMENT, attended=False)
        await coordinator.end()
    assert len(scripted.seen) == 1


async def test_who_interrupts_a_submission_still_takes_its_task_along() -> None:
    asked, answer = trio.Event(), trio.Event()

    async def slow(exchange: Exchange) -> None:
        asked.set()
        await answer.wait()
        await receipt(exchange)

    async with node(slow, cancelled) as (scripted, connection):
        coordinator = RemoteCoordinator(connection)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(coordinator.submit, DOCUMENT)
            await asked.wait()
            nursery.cancel_scope.cancel()
            with trio.CancelScope(shield=True):
                await trio.testing.wait_all_tasks_blocked()
                answer.set()
        await coordinator.end()
    assert [seen.target.rpartition("/")[2] for seen in scripted.seen] == ["tasks", "cancel"]


async def test_a_node_that_hangs_does_not_hold_us_when_we_want_to_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chorus_http.client.coordinator.GRACE_S", 0.05)
    asked = trio.Event()

    async def hanging(exchange: Exchange) -> None:
        asked.set()
        await trio.sleep_forever()

    async with node(hanging) as (_, connection):
        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(RemoteCoordinator(connection).submit, DOCUMENT)
                await asked.wait()
                nursery.cancel_scope.cancel()


async def test_a_retry_gives_the_new_task_and_is_safe_to_repeat() -> None:
    async def whole(exchange: Exchange) -> None:
        await exchange.json(task_json(task(retry_of="b" * 32)))

    async with node(gone, receipt, whole) as (scripted, connection):
        again = await RemoteCoordinator(connection).retry("b" * 32)
    assert again.retry_of == "b" * 32
    keys = [seen.headers.get("idempotency-key") for seen in scripted.seen]
    assert keys[0] is not None
    assert keys[0] == keys[1]


async def test_changes_go_on_after_a_cut() -> None:
    def change(n: int) -> bytes:
        fields = {
            "n": n,
            "at": "",
            "kind": "submit",
            "task": "a",
            "project": "p",
            "state": "waiting",
            "new": 1,
        }
        return sse("task", fields, str(n))

    async with (
        node(streams(change(8)), streams(change(9)), gone) as (scripted, connection),
        aclosing(RemoteCoordinator(connection).changes(after=7)) as changes,
    ):
        told = [await anext(changes), await anext(changes)]
    assert told == [Change(n, "", "submit", "a", "p", "waiting") for n in (8, 9)]
    assert [seen.headers["last-event-id"] for seen in scripted.seen] == ["7", "8"]


async def test_counts_name_every_state() -> None:
    async def status(exchange: Exchange) -> None:
        await exchange.json({"tasks": {"running": 2, "dreaming": 1}})

    async with node(status) as (_, connection):
        counts = await RemoteCoordinator(connection).counts()
    assert (counts["running"], counts["failed"]) == (2, 0)
    assert "dreaming" not in counts
