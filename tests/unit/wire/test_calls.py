"""Calls over one stream: many at once, in parts, left early, failing, and by peers without manners."""

import contextlib

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.errors import Busy, ChorusError, NotFound, Refused, Unreachable
from chorus_hooks.wire.answering import Call, answer
from chorus_hooks.wire.caller import Caller
from chorus_hooks.wire.frame import (
    CALLS,
    WINDOW,
    BadFrame,
    Frame,
    Kind,
    credit_frame,
    fail_frame,
    message_frames,
)
from tests.unit.wire.ends import LIMIT, Raw, ends, talk


async def echo(call: Call) -> bytes:
    return call.request


async def test_a_request_is_answered_with_who_asked_known() -> None:
    async def greet(call: Call) -> bytes:
        return f"{call.peer_id} says {call.request.decode()}".encode()

    async with talk(greet) as between:
        assert await between.caller.ask(b"hello") == b"the asker says hello"


@pytest.mark.parametrize("size", [0, 65_527, 200_000])
async def test_requests_and_answers_are_longer_than_a_frame(size: int) -> None:
    async with talk(echo) as between:
        assert await between.caller.ask(b"x" * size) == b"x" * size


async def test_answers_come_in_the_order_they_are_ready_not_asked() -> None:
    first = trio.Event()
    done: list[bytes] = []

    async def handler(call: Call) -> bytes:
        if call.request == b"first":
            await first.wait()
        return call.request

    async with talk(handler) as between, trio.open_nursery() as nursery:

        async def ask(name: bytes) -> None:
            done.append(await between.caller.ask(name))

        nursery.start_soon(ask, b"first")
        await trio.testing.wait_all_tasks_blocked()
        await ask(b"second")
        first.set()
    assert done == [b"second", b"first"]


async def test_a_long_answer_flows_as_fast_as_it_is_read_and_no_faster() -> None:
    sent = 0

    async def count(call: Call) -> None:
        nonlocal sent
        for number in range(100):
            await call.send(b"%d" % number)
            sent += 1

    async with talk(count) as between, between.caller.answers(b"") as answers:
        await trio.testing.wait_all_tasks_blocked()
        assert sent == WINDOW
        assert [int(message) async for message in answers] == list(range(100))


async def test_an_answer_that_nobody_reads_does_not_hold_up_another() -> None:
    async def handler(call: Call) -> bytes | None:
        while call.request == b"flood":
            await call.send(b"x" * 60_000)
        return b"here"

    async with talk(handler) as between, between.caller.answers(b"flood"):
        await trio.testing.wait_all_tasks_blocked()
        assert await between.caller.ask(b"quick") == b"here"


async def test_an_answer_left_early_stops_its_handler() -> None:
    stopped = trio.Event()

    async def for_ever(call: Call) -> None:
        try:
            while True:
                await call.send(b"tick")
        finally:
            stopped.set()

    async with talk(for_ever) as between:
        async with between.caller.answers(b"") as answers:
            async for message in answers:
                assert message == b"tick"
                break
        with trio.fail_after(1):
            await stopped.wait()
        async with between.caller.answers(b"") as answers:
            assert await anext(answers) == b"tick"


async def test_more_calls_than_fit_wait_for_their_turn() -> None:
    running = 0
    most = 0

    async def handler(call: Call) -> bytes:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await trio.testing.wait_all_tasks_blocked()
        running -= 1
        return call.request

    async with talk(handler) as between, trio.open_nursery() as nursery:
        for _ in range(3 * CALLS):
            nursery.start_soon(between.caller.ask, b"x")
    assert most == CALLS


async def test_the_asking_end_counts_its_calls_whoever_answers() -> None:
    asker, answerer = ends()
    caller, raw = Caller(asker, limit=LIMIT), Raw(answerer)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(caller.run)
        for _ in range(CALLS + 1):
            nursery.start_soon(caller.ask, b"x")
        asked = [await raw.next() for _ in range(CALLS)]
        with trio.move_on_after(0.01) as patience:
            await raw.next()
        assert patience.cancelled_caught
        assert asked[0] is not None
        await raw.send(Frame(Kind.ANSWER, asked[0].call, b"done", last=True))
        assert await raw.next() is not None
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    "error",
    [NotFound("no such thing"), Refused("not to you"), Busy("later", retry_after=3), ChorusError("no")],
)
async def test_a_failure_is_raised_at_the_asking_end_as_what_it_was(error: ChorusError) -> None:
    async def fail(call: Call) -> bytes:
        raise error

    async with talk(fail) as between:
        with pytest.raises(type(error)) as raised:
            await between.caller.ask(b"")
    assert (raised.value.code, raised.value.message) == (error.code, error.message)


async def test_what_was_answered_before_a_failure_is_not_lost() -> None:
    async def fail(call: Call) -> bytes:
        await call.send(b"so far")
        raise NotFound("no more")

    got = []
    async with talk(fail) as between, between.caller.answers(b"") as answers:
        with pytest.raises(NotFound):
            async for message in answers:
                got.append(message)
    assert got == [b"so far"]


async def test_a_fault_of_ours_is_logged_here_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(call: Call) -> bytes:
        raise ZeroDivisionError("an inner matter")

    async with talk(broken) as between:
        with pytest.raises(ChorusError, match="could not answer") as raised:
            await between.caller.ask(b"")
        assert "inner" not in str(raised.value)
    assert "an inner matter" in caplog.text


async def test_when_the_stream_goes_every_call_is_told() -> None:
    async def hang(call: Call) -> bytes:
        await trio.sleep_forever()
        return b""

    async with talk(hang) as between, trio.open_nursery() as nursery:

        async def ask() -> None:
            with pytest.raises(Unreachable, match="the answerer"):
                await between.caller.ask(b"")

        for _ in range(3):
            nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        await between.answerer.aclose()
        await trio.testing.wait_all_tasks_blocked()
        assert between.caller.closed
        nursery.start_soon(ask)


async def test_a_handler_ends_when_its_peer_is_gone() -> None:
    ended = trio.Event()

    async def hang(call: Call) -> bytes:
        try:
            await trio.sleep_forever()
        finally:
            ended.set()
        return b""

    async with talk(hang) as between, trio.open_nursery() as nursery:

        async def ask() -> None:
            with pytest.raises(Unreachable):
                await between.caller.ask(b"")

        nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        await between.asker.aclose()
        with trio.fail_after(1):
            await ended.wait()


BREACHES = {
    "an answer": [Frame(Kind.ANSWER, 0, b"x")],
    "a failure": [fail_frame(0, "failed", "x")],
    "a request twice": [Frame(Kind.ASK, 0, b"hold"), Frame(Kind.ASK, 0, b"hold")],
    "a request within another": [Frame(Kind.ASK, 0, b"x", more=True), Frame(Kind.ASK, 1, b"y")],
    "a request too long": list(message_frames(Kind.ASK, 0, b"x" * 300_000)),
    "a bad credit": [Frame(Kind.CREDIT, 0, b"xyz")],
}


@pytest.mark.parametrize("frames", BREACHES.values(), ids=BREACHES.keys())
async def test_the_answering_end_ends_with_a_peer_that_breaks_the_protocol(frames: list[Frame]) -> None:
    async def hold(call: Call) -> bytes:
        await trio.sleep_forever()
        return b""

    asker, answerer = ends()
    await Raw(asker).send(*frames)
    with pytest.raises(BadFrame), trio.fail_after(1):
        await answer(answerer, hold)


async def test_a_request_that_is_replayed_after_its_answer_is_a_breach() -> None:
    asker, answerer = ends()
    raw = Raw(asker)
    ended = trio.Event()

    async def answering() -> None:
        with pytest.raises(BadFrame, match="before"):
            await answer(answerer, echo)
        ended.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(answering)
        for call in (3, 4):
            await raw.send(Frame(Kind.ASK, call, b"x"))
            assert await raw.next() == Frame(Kind.ANSWER, call, b"x", last=True)
        await raw.send(Frame(Kind.ASK, 3, b"x"))
        with trio.fail_after(1):
            await ended.wait()


async def test_credit_and_stop_for_a_call_that_is_over_are_nothing() -> None:
    asker, answerer = ends()
    raw = Raw(asker)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(answer, answerer, echo)
        await raw.send(credit_frame(5, 3), Frame(Kind.STOP, 6), Frame(Kind.ASK, 7, b"still here"))
        assert await raw.next() == Frame(Kind.ANSWER, 7, b"still here", last=True)
        await asker.aclose()


@pytest.mark.parametrize(
    "frame",
    [Frame(Kind.ASK, 0, b"x"), Frame(Kind.ANSWER, 0, b"x" * 100), Frame(Kind.FAIL, 0, b"no JSON")],
    ids=["asks", "answers too much", "fails badly"],
)
async def test_the_asking_end_ends_with_a_peer_that_breaks_the_protocol(frame: Frame) -> None:
    asker, answerer = ends()
    caller = Caller(asker, limit=10)
    raw = Raw(answerer)
    async with trio.open_nursery() as nursery:

        async def run() -> None:
            with pytest.raises(BadFrame):
                await caller.run()

        async def ask() -> None:
            with pytest.raises(Unreachable):
                await caller.ask(b"x")

        nursery.start_soon(run)
        nursery.start_soon(ask)
        await raw.next()
        await raw.send(frame)


@given(junk=st.lists(st.binary(min_size=1, max_size=200), max_size=5))
def test_junk_ends_either_end_without_another_error(junk: list[bytes]) -> None:
    async def feed() -> None:
        asker, answerer = ends()
        with trio.move_on_after(1):
            for data in junk:
                await asker.send(data)
            await asker.aclose()
            with contextlib.suppress(BadFrame):
                await answer(answerer, echo)
        asker, answerer = ends()
        caller = Caller(asker, limit=LIMIT)
        with trio.move_on_after(1):
            for data in junk:
                await answerer.send(data)
            await answerer.aclose()
            with contextlib.suppress(BadFrame):
                await caller.run()
            assert caller.closed

    trio.run(feed)
