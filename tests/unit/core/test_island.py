"""The two sides of a node call each other: results, faults, cancellation and context cross."""

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest
import trio

from chorus.island import AsyncioIsland, open_island
from chorus_hooks.errors import Unreachable
from chorus_hooks.log_context import bind, bound

T = TypeVar("T")


class NoCapabilities:
    def get(self, kind: type[T]) -> T:
        raise LookupError(kind)


@asynccontextmanager
async def island() -> AsyncIterator[AsyncioIsland]:
    with trio.fail_after(10):
        async with open_island(NoCapabilities()) as opened:
            yield opened


async def test_a_call_runs_in_the_other_thread_and_gives_its_result() -> None:
    async def where(add: int, *, to: int) -> tuple[str, int]:
        await asyncio.sleep(0)
        return threading.current_thread().name, add + to

    async with island() as sea:
        assert await sea.call(where, 1, to=2) == ("asyncio-island", 3)


async def test_the_island_calls_back_into_trio() -> None:
    async def in_trio(value: int) -> int:
        await trio.lowlevel.checkpoint()
        return value * 2

    async def on_island(sea: AsyncioIsland) -> int:
        return await sea.call_trio(in_trio, 21)

    async with island() as sea:
        assert await sea.call(on_island, sea) == 42


async def test_an_exception_keeps_its_type_and_its_frames_in_both_directions() -> None:
    async def trio_fails() -> None:
        raise KeyError("from trio")

    async def on_island(sea: AsyncioIsland) -> None:
        await sea.call_trio(trio_fails)

    async with island() as sea:
        with pytest.raises(KeyError, match="from trio") as caught:
            await sea.call(on_island, sea)
    frames = [entry.name for entry in caught.traceback]
    assert {"trio_fails", "on_island"} <= set(frames)


async def test_cancelling_the_trio_caller_unwinds_the_asyncio_task_first() -> None:
    order: list[str] = []
    begun = trio.Event()
    token = trio.lowlevel.current_trio_token()

    async def hang() -> None:
        try:
            token.run_sync_soon(begun.set)
            await asyncio.Event().wait()
        finally:
            order.append("asyncio unwound")

    async with island() as sea, trio.open_nursery() as nursery:

        async def call() -> None:
            try:
                await sea.call(hang)
            finally:
                order.append("caller unwound")

        nursery.start_soon(call)
        await begun.wait()
        nursery.cancel_scope.cancel()
    assert order == ["asyncio unwound", "caller unwound"]


async def test_cancelling_the_asyncio_caller_unwinds_the_trio_task_first() -> None:
    order: list[str] = []

    async def on_island(sea: AsyncioIsland) -> None:
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()

        async def hang() -> None:
            try:
                loop.call_soon_threadsafe(begun.set)
                await trio.sleep_forever()
            finally:
                order.append("trio unwound")

        task = asyncio.ensure_future(sea.call_trio(hang))
        await begun.wait()
        task.cancel()
        await asyncio.wait([task])
        order.append(f"caller cancelled: {task.cancelled()}")

    async with island() as sea:
        await sea.call(on_island, sea)
    assert order == ["trio unwound", "caller cancelled: True"]


async def test_a_call_that_is_cancelled_before_it_starts_does_nothing() -> None:
    ran: list[int] = []

    async def run() -> None:
        ran.append(1)

    async with island() as sea:
        with trio.CancelScope() as scope:
            scope.cancel()
            await sea.call(run)
    assert not ran


async def test_both_sides_calling_each_other_at_once_do_not_deadlock() -> None:
    async def in_trio() -> int:
        await trio.lowlevel.checkpoint()
        return 1

    async def on_island(sea: AsyncioIsland) -> int:
        return sum(await asyncio.gather(*(sea.call_trio(in_trio) for _ in range(20))))

    total: list[int] = []
    async with island() as sea, trio.open_nursery() as nursery:

        async def call() -> None:
            total.append(await sea.call(on_island, sea))

        for _ in range(20):
            nursery.start_soon(call)
    assert sum(total) == 400


async def test_log_fields_follow_a_call_across_and_back() -> None:
    async def in_trio() -> Mapping[str, str]:
        return bound()

    async def on_island(sea: AsyncioIsland) -> Mapping[str, str]:
        with bind(trace_id="t"):
            return await sea.call_trio(in_trio)

    async with island() as sea:
        with bind(task="a"):
            assert await sea.call(on_island, sea) == {"task": "a", "trace_id": "t"}


async def test_what_still_runs_on_the_island_is_cancelled_when_it_ends() -> None:
    ended = threading.Event()

    async def linger() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def leave_running() -> None:
        leave_running.task = asyncio.ensure_future(linger())  # type: ignore[attr-defined]
        await asyncio.sleep(0)

    async with island() as sea:
        await sea.call(leave_running)
    assert ended.is_set()


async def test_a_call_after_the_end_is_told_that_the_node_is_stopping() -> None:
    async def nothing() -> None: ...

    async with island() as sea:
        await sea.call(nothing)
    with pytest.raises(Unreachable, match="stopping"):
        await sea.call(nothing)
