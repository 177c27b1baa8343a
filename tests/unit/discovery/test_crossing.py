"""Things cross from other threads into trio: each once, newest first, never more than there is room for."""

import threading

import trio
import trio.testing

from chorus_discovery.crossing import MOST_WAITING, Crossing


async def test_things_of_another_thread_come_once_and_newest_first() -> None:
    names = Crossing[str]()

    def tell() -> None:
        for name in ("a", "b", "a", "c"):
            names.put(name)

    await trio.to_thread.run_sync(tell)
    with trio.fail_after(5):
        assert [await names.next() for _ in range(3)] == ["c", "a", "b"]


async def test_whoever_waits_is_woken_from_another_thread() -> None:
    names = Crossing[str]()
    got: list[str] = []

    async def wait() -> None:
        got.append(await names.next())

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait)
            await trio.testing.wait_all_tasks_blocked()
            await trio.to_thread.run_sync(names.put, "late")
    assert got == ["late"]


async def test_of_too_many_the_newest_are_kept() -> None:
    names = Crossing[str]()
    for n in range(MOST_WAITING + 100):
        names.put(str(n))
    with trio.fail_after(5):
        waiting = [await names.next() for _ in range(MOST_WAITING)]
        with trio.move_on_after(0.01) as nothing_more:
            await names.next()
    assert nothing_more.cancelled_caught
    assert waiting == [str(n) for n in reversed(range(100, MOST_WAITING + 100))]


def test_a_thread_that_outlives_trio_does_no_harm() -> None:
    made: list[Crossing[str]] = []

    async def main() -> None:
        made.append(Crossing[str]())

    trio.run(main)
    thread = threading.Thread(target=made[0].put, args=("late",))
    thread.start()
    thread.join()
